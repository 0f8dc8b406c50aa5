"""The verdicts on a night and its columns, with all that they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from roadworthy.drift.effects import Aspect, Effects
from roadworthy.drift.evidence.interface import Basis
from roadworthy.drift.moves import Move


class Verdict(StrEnum):
    """What is said of a night, or of a column of it; from the least to say to the most."""

    NO_DATA = "no_data"
    """There were no rows. Not a good sign, and no sign of drift."""
    TOO_FEW = "too_few"
    """There were rows, but too few to say anything."""
    STEADY = "steady"
    """No more change than nights have by themselves."""
    WATCH = "watch"
    """A change that matters, with too little evidence for an alarm; or one that is sure, but too small to matter."""
    DRIFT = "drift"
    """A change that matters and is not chance: an alarm."""


@dataclass(frozen=True)
class ColumnVerdict:
    """What is said of one column."""

    name: str
    verdict: Verdict
    aspect: Aspect
    """In which way it changed most, beside what would matter."""
    effects: Effects
    p_value: float
    """Of that aspect, for the number of aspects that were looked at, not for the number of columns."""
    adjusted: float
    """The p-value for an alarm, adjusted for all columns; 1 where no effect is large enough."""
    basis: Basis
    moves: tuple[Move, ...]

    @property
    def cause(self) -> str:
        """Say what moved, in one line."""
        if self.aspect is Aspect.MISSING:
            return f"{self.name}: share without a value changed by {self.effects.missing:+.1%}"
        said = ", ".join(map(str, self.moves)) or f"values never seen before {self.effects.unseen:+.1%}"
        return f"{self.name}: {said}"


@dataclass(frozen=True)
class NightVerdict:
    """What is said of one night."""

    day: date
    rows: int
    verdict: Verdict
    level: float
    """The probability of an alarm on a night on which nothing has changed, at most."""
    nights: int
    """Of the reference, with which it was compared."""
    columns: tuple[ColumnVerdict, ...]
    """Those that changed most come first; empty when the night has too few rows."""
    unknown: tuple[str, ...]
    """Columns that the layout does not know."""

    @property
    def causes(self) -> tuple[str, ...]:
        """What moved in the columns that raise the alarm, the largest change first."""
        return tuple(one.cause for one in self.columns if one.verdict is Verdict.DRIFT)
