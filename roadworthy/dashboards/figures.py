"""What a panel shows: series over the same moments, and how it is told in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roadworthy.dashboards.panels.interface import Unit

_MOST_TOLD = 4


class Drawing(StrEnum):
    """How a figure is drawn."""

    LINES = "lines"
    VERDICTS = "verdicts"
    """A row of cells for each series, coloured by what was said."""
    HEAT = "heat"
    """A row of cells for each series, the darker the larger."""


@dataclass(frozen=True)
class Series:
    """One line, or one row of cells."""

    name: str
    capability: str
    """Empty for what belongs to none."""
    values: tuple[float | str | None, ...]
    """One for each moment; None where there is nothing to say. Words for verdicts, numbers otherwise."""


@dataclass(frozen=True)
class Figure:
    """What one panel shows."""

    key: str
    title: str
    says: str
    unit: Unit | None
    """None for verdicts."""
    drawing: Drawing
    moments: tuple[datetime, ...]
    """The beginnings of the buckets, in UTC."""
    series: tuple[Series, ...]
    left_out: int = 0
    """Series beyond those that fit, the smallest."""
    notes: tuple[str, ...] = ()
    """What else there is to say, a line each."""

    @property
    def summary(self) -> str:
        """The picture in words: of each series the last value, and the highest."""
        if not self.series:
            return "Nothing of this kind was recorded in this time."
        told = "; ".join(_told(one, self.unit) for one in self.series[:_MOST_TOLD])
        more = f"; {len(self.series) - _MOST_TOLD} more in the table" if len(self.series) > _MOST_TOLD else ""
        left_out = f"; {self.left_out} smaller ones are left out" if self.left_out else ""
        return f"{told}{more}{left_out}."


def said(value: float | str | None, unit: Unit | None) -> str:
    """Return a value as people read it; a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if unit is Unit.SHARE:
        return f"{value:.1%}"
    return f"{value:.3f}".rstrip("0").rstrip(".") if 0.001 <= abs(value) < 1e6 or value == 0 else f"{value:.3g}"


def _told(series: Series, unit: Unit | None) -> str:
    known = [value for value in series.values if value is not None]
    last = said(known[-1] if known else None, unit)
    numbers = [value for value in known if not isinstance(value, str)]
    return f"{series.name}: last {last}" + (f", highest {said(max(numbers), unit)}" if numbers else "")
