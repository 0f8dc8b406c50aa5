"""The baseline: the nights of the reference, and what tonight is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.effects import Aspect
from roadworthy.drift.evidence.historical import FEWEST_NIGHTS, HistoricalNights
from roadworthy.drift.evidence.independent import IndependentRows
from roadworthy.drift.evidence.interface import Evidence, Reading
from roadworthy.drift.evidence.readings import shape_reading, share_reading
from roadworthy.drift.profile.profile import AnyProfile, Layout, Profile, merged

_NEIGHBOURS = 7
"""Nights so near are left out of the reference of a night of the reference, as they resemble it more than tonight will
(h-block cross-validation: Burman, Chow and Nolan, Biometrika 81, 1994)."""


class Season(StrEnum):
    """Which nights are alike."""

    NONE = "none"
    """All."""
    WEEKEND = "weekend"
    """Saturdays and Sundays among themselves, and the other days."""
    WEEKDAY = "weekday"
    """The same days of the week."""


@dataclass(frozen=True)
class Night:
    """One night's profile."""

    day: date
    profile: Profile


@dataclass(frozen=True)
class Comparison:
    """What a night is compared with."""

    reference: Profile
    nights: int
    evidence: dict[str, dict[Aspect, Evidence]]
    """By column."""


@dataclass
class Baseline:
    """The nights of the reference; what they say is worked out once for each kind of night."""

    layout: Layout
    nights: Sequence[Night]
    """In the order of time. One of them may stand for a whole time of which no nights are known."""
    season: Season = Season.NONE
    _known: dict[tuple[date, ...], Comparison] = field(default_factory=dict)

    def for_night(self, day: date) -> Comparison:
        """Return what a night of this day is compared with: nights like it where these are enough, or else all."""
        nights = self._like(day)
        key = tuple(one.day for one in nights)
        if key not in self._known:
            self._known[key] = _compare(self.layout, nights)
        return self._known[key]

    def _like(self, day: date) -> list[Night]:
        """Return the nights of the same season, or of a wider one if they are too few."""
        for season in _WIDER[self.season]:
            alike = [one for one in self.nights if _season_of(one.day, season) == _season_of(day, season)]
            if len(alike) >= FEWEST_NIGHTS:
                return alike
        return list(self.nights)


_WIDER: dict[Season, tuple[Season, ...]] = {
    Season.NONE: (),
    Season.WEEKEND: (Season.WEEKEND,),
    Season.WEEKDAY: (Season.WEEKDAY, Season.WEEKEND),
}
_SATURDAY = 5


def _season_of(day: date, season: Season) -> int:
    return day.weekday() if season is Season.WEEKDAY else int(day.weekday() >= _SATURDAY)


def readings(tonight: AnyProfile, reference: AnyProfile) -> dict[Aspect, Reading]:
    """Return how far a column of a night lies from the reference, in each aspect."""
    gaps, past_gaps = tonight.rows - tonight.usable, reference.rows - reference.usable
    return {
        Aspect.SHAPE: shape_reading(tonight.cells, reference.cells),
        Aspect.MISSING: share_reading(gaps, tonight.rows, past_gaps, reference.rows),
        Aspect.UNSEEN: share_reading(tonight.unseen, tonight.usable, reference.unseen, reference.usable),
    }


def _compare(layout: Layout, nights: Sequence[Night]) -> Comparison:
    reference = merged(layout, (one.profile for one in nights))
    evidence = {
        one.name: _evidence([night.profile.columns[one.name] for night in nights], nights) for one in layout.columns
    }
    return Comparison(reference, len(nights), evidence)


def _evidence(columns: Sequence[AnyProfile], nights: Sequence[Night]) -> dict[Aspect, Evidence]:
    """Compare each night with the reference without it and its neighbours."""
    if len(nights) < FEWEST_NIGHTS:
        return dict.fromkeys(Aspect, IndependentRows())
    far = _far_apart(nights)
    found: dict[Aspect, list[Reading]] = {
        Aspect.SHAPE: _shape_readings(columns, far),
        Aspect.MISSING: _share_readings([one.rows - one.usable for one in columns], [one.rows for one in columns], far),
        Aspect.UNSEEN: _share_readings([one.unseen for one in columns], [one.usable for one in columns], far),
    }
    learned = {aspect: HistoricalNights.of(some) for aspect, some in found.items()}
    return {aspect: one if one.enough else IndependentRows() for aspect, one in learned.items()}


def _far_apart(nights: Sequence[Night]) -> NDArray[np.float64]:
    """Return a matrix with 1 where two nights are far enough apart to be compared."""
    days = np.array([one.day.toordinal() for one in nights])
    gap = min(_NEIGHBOURS, int(np.ptp(days)) // 8)
    far: NDArray[np.float64] = (np.abs(days[:, None] - days[None, :]) > gap).astype(np.float64)
    return far


def _shape_readings(columns: Sequence[AnyProfile], far: NDArray[np.float64]) -> list[Reading]:
    cells = np.array([one.cells for one in columns], dtype=np.float64)
    return [shape_reading(night, others) for night, others in zip(cells, far @ cells, strict=True)]


def _share_readings(parts: Sequence[int], rows: Sequence[int], far: NDArray[np.float64]) -> list[Reading]:
    others = zip(far @ np.array(parts), far @ np.array(rows), strict=True)
    return [
        share_reading(part, count, float(past_part), float(past))
        for part, count, (past_part, past) in zip(parts, rows, others, strict=True)
    ]
