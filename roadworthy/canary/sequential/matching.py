"""Matches each canary observation with production's of the same time, by the order of arrival alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from roadworthy.canary.sequential.interface import Batch, Flags, Floats, Places, State

WAITING = 128
"""So many observations of an arm wait for the other one; older ones are left out, so that matches stay near in time."""


@dataclass(frozen=True, eq=False)
class Matches:
    """Matches, each of one canary observation and one or more of production."""

    canary: Floats
    """The canary's value of each match."""
    production: Floats
    """Production's values, match after match."""
    sizes: Places
    """How many values of production each match has."""
    at: Places
    """The place in the batch of the observation that completed each."""

    def __len__(self) -> int:
        return len(self.canary)


class MatcherState(State):
    """See `Matcher.state`."""

    seen: tuple[int, int] = (0, 0)
    """Observations of the canary and of production so far."""
    canary: tuple[float, ...] = ()
    production: tuple[float, ...] = ()


class Matcher:
    """First come, first matched; how many of production a match has follows the shares that are seen.

    Only numbers of arrivals decide, never values: so a match is chosen before its values are looked at.
    """

    def __init__(self, state: MatcherState) -> None:
        self.canary_seen, self.production_seen = state.seen
        self._canary = deque(state.canary, WAITING)
        self._production = deque(state.production, WAITING)

    def state(self) -> MatcherState:
        """Return what a matcher goes on from."""
        seen = (self.canary_seen, self.production_seen)
        return MatcherState(seen=seen, canary=tuple(self._canary), production=tuple(self._production))

    def match(self, batch: Batch) -> Matches:
        """Return the matches that `batch` completes."""
        canary: list[float] = []
        production: list[float] = []
        sizes: list[int] = []
        at: list[int] = []
        for since, until in self._steps(batch.in_canary):
            self._arrived(bool(batch.in_canary[since]), batch.values[since:until].tolist())
            while size := self._next_size():
                canary.append(self._canary.popleft())
                production.extend(self._production.popleft() for _ in range(size))
                sizes.append(size)
                at.append(until - 1)
        return Matches(np.array(canary), np.array(production), np.array(sizes, np.int64), np.array(at, np.int64))

    def _steps(self, in_canary: Flags) -> Iterator[tuple[int, int]]:
        """Yield places one by one, and production's up to the next of the canary together where none of it waits."""
        place = 0
        for canary in [*np.flatnonzero(in_canary).tolist(), len(in_canary)]:
            while place < canary:
                step = 1 if self._canary else canary - place
                yield place, place + step
                place += step
            if canary < len(in_canary):
                yield canary, canary + 1
                place += 1

    def _arrived(self, in_canary: bool, values: list[float]) -> None:
        if in_canary:
            self.canary_seen += len(values)
            self._canary.extend(values)
        else:
            self.production_seen += len(values)
            self._production.extend(values)

    def _next_size(self) -> int:
        """How many of production the next match takes; 0 when it has to wait."""
        if not self._canary or not self._production:
            return 0
        usual = min(max(1, self.production_seen // self.canary_seen), WAITING)
        there = len(self._production)
        return min(there, usual) if 2 * there >= usual else 0
