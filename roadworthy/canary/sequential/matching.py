"""Matches observations of the canary with production's of the same time, by the order of arrival alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roadworthy.canary.sequential.interface import Batch, Floats, Places, State

WAITING = 128
"""So many observations of an arm wait for the other one; older ones are left out, so that matches stay near in time."""
_ROOM = 4
"""So many times what a match usually takes may wait of production."""


@dataclass(frozen=True, eq=False)
class Matches:
    """Matches, each of one or more observations of either arm."""

    canary: Floats
    """The canary's values, match after match."""
    canary_sizes: Places
    """How many each match has."""
    production: Floats
    sizes: Places
    """How many values of production each match has."""
    at: Places
    """The place in the batch of the observation that completed each."""

    def __len__(self) -> int:
        return len(self.sizes)


class MatcherState(State):
    """See `Matcher.state`."""

    seen: tuple[int, int] = (0, 0)
    """Observations of the canary and of production so far."""
    canary: tuple[float, ...] = ()
    production: tuple[float, ...] = ()


class Matcher:
    """Takes all that waits, as soon as there is enough of both arms; how much that is follows the shares that are seen.

    Only numbers of arrivals decide, never values: so a match is chosen before its values are looked at. Nothing is
    kept for later matches, for when failures come in waves, old values of one arm against new ones of the other differ.
    """

    def __init__(self, state: MatcherState) -> None:
        self.canary_seen, self.production_seen = state.seen
        self._canary = list(state.canary)
        self._production = list(state.production)

    def state(self) -> MatcherState:
        """Return what a matcher goes on from."""
        seen = (self.canary_seen, self.production_seen)
        return MatcherState(seen=seen, canary=tuple(self._canary), production=tuple(self._production))

    def match(self, batch: Batch) -> Matches:
        """Return the matches that `batch` completes; an observation of the canary is what completes one."""
        values = batch.values.tolist()
        canary: list[float] = []
        production: list[float] = []
        sizes: list[tuple[int, int, int]] = []
        place = 0
        for arrival in np.flatnonzero(batch.in_canary).tolist():
            self._production_arrived(values[place:arrival])
            self._canary_arrived(values[arrival])
            if self._enough():
                canary += self._canary
                production += self._production
                sizes.append((len(self._canary), len(self._production), arrival))
                self._canary, self._production = [], []
            place = arrival + 1
        self._production_arrived(values[place:])
        counts = np.array(sizes, np.int64).reshape(-1, 3)
        return Matches(np.array(canary), counts[:, 0], np.array(production), counts[:, 1], counts[:, 2])

    def _production_arrived(self, values: list[float]) -> None:
        self.production_seen += len(values)
        self._production = [*self._production, *values][-WAITING:]

    def _canary_arrived(self, value: float) -> None:
        self.canary_seen += 1
        self._canary = [*self._canary, value][-WAITING:]

    def _enough(self) -> bool:
        """Whether there is a match; where both arms are frequent it has several of each, which tell more than one."""
        ratio = self.production_seen / self.canary_seen
        canary = 8 if ratio < 2 else 4 if ratio < 6 else 2
        production = min(max(1, round(canary * ratio)), WAITING)
        self._production = self._production[-_ROOM * production :]
        return len(self._canary) >= canary and bool(self._production) and 4 * len(self._production) >= 3 * production
