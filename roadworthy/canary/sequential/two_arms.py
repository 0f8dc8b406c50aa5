"""The test under all others: two arms with values in [0, 1], an e-value and a confidence sequence of the difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, prod
from typing import Any

import numpy as np

from roadworthy.canary.sequential.interface import Batch, Bounds, Closed, Evidence, Floats, State
from roadworthy.canary.sequential.matching import Matcher, MatcherState, Matches
from roadworthy.canary.sequential.states import not_its_state, parsed_state
from roadworthy.canary.sequential.wagers import LEAST, ODDS, log_factors, mirrored, mixed, part, starts_of

_AT_ONCE = 4096
"""So many matches times differences are computed together: more would not fit the processor's caches."""
_FINEST, _STEP = 0.001, 1.25
_HIGHER, _LOWER = 0, 1


Differences = Callable[[float], tuple[float, ...]]
"""From a margin to the differences that a confidence sequence tells apart."""


def usual_differences(margin: float) -> tuple[float, ...]:
    """Return 0, ±.001 to ±.97 by steps of a quarter, and the margin."""
    steps = [_FINEST * _STEP**step for step in range(31)] + [0.97]
    return tuple(sorted({0.0, margin, *steps, *(-step for step in steps)}))


def no_differences(margin: float) -> tuple[float, ...]:
    """Return 0 alone, for where only the e-value is wanted: much quicker, and bounds say nothing."""
    return (0.0,)


@dataclass(frozen=True)
class Compared:
    """What a test is asked, beside whether the canary is worse."""

    margin: float
    """How much worse it may be."""
    risk: float = 0.05
    """The probability with which each bound of the difference may ever be wrong."""
    differences: tuple[float, ...] = (0.0,)
    """Ascending; 0 and the margin are among them where bounds matter, since these are what the bounds can be."""
    zeros_and_ones: bool = False
    """Whether no other values come."""


class TwoArmsState(State):
    """See `TwoArms.state`."""

    differences: tuple[float, ...]
    """Those of `Compared`."""
    matcher: MatcherState = MatcherState()
    sums: tuple[float, float, float, float] = (0, 0, 0, 0)
    """Of the matches so far: the canary's number and sum of values, then production's."""
    wealth: tuple[float, ...] = ()
    """Logarithms, by direction, difference and wager; empty before the first match."""
    best: tuple[float, ...] = ()
    """The largest mixed logarithm so far, by direction and difference."""


class TwoArms:
    """A `SequentialTest` of values in [0, 1]."""

    def __init__(self, compared: Compared) -> None:
        self._compared = compared
        self._differences = np.array(compared.differences)
        self._zero = compared.differences.index(0.0)
        self.restore(TwoArmsState(differences=compared.differences))

    def restore(self, state: Any) -> None:
        """Go on from a state. Raises `IntegrityError` for one that is none, or of a test that asked something else."""
        state = parsed_state(TwoArmsState, state)
        shape = (2, len(self._differences), len(ODDS))
        sizes = (len(state.wealth) or prod(shape), len(state.best) or prod(shape[:2]))
        if state.differences != self._compared.differences or sizes != (prod(shape), prod(shape[:2])):
            raise not_its_state()
        self._matcher = Matcher(state.matcher)
        self._sums = np.array(state.sums, float)
        self._wealth = np.array(state.wealth, float).reshape(shape) if state.wealth else np.zeros(shape)
        self._best = np.array(state.best, float).reshape(shape[:2]) if state.best else np.zeros(shape[:2])

    def state(self) -> TwoArmsState:
        """Return what a test goes on from."""
        canary, canary_sum, production, production_sum = self._sums.tolist()
        return TwoArmsState(
            differences=self._compared.differences,
            matcher=self._matcher.state(),
            sums=(canary, canary_sum, production, production_sum),
            wealth=tuple(self._wealth.ravel().tolist()),
            best=tuple(self._best.ravel().tolist()),
        )

    def observe(self, batch: Batch) -> Closed:
        """Take further observations, and return what they completed."""
        matches = self._matcher.match(batch)
        return Closed(matches.at, self.compare(matches))

    def compare(self, matches: Matches) -> Floats:
        """Take matches that somebody else made, and return the e-value's logarithm after each."""
        step = max(1, _AT_ONCE // len(self._differences))
        pieces = [
            self._play(part(matches, since, min(since + step, len(matches)))) for since in range(0, len(matches), step)
        ]
        return np.concatenate(pieces) if pieces else np.array([])

    @property
    def evidence(self) -> Evidence:
        """Return what is known so far."""
        canary, canary_sum, production, production_sum = self._sums.tolist()
        return Evidence(
            canary=self._matcher.canary_seen,
            production=self._matcher.production_seen,
            canary_mean=canary_sum / canary if canary else None,
            production_mean=production_sum / production if production else None,
            log_e=float(mixed(self._wealth[_HIGHER, self._zero])),
            difference=self._bounds(),
            margin=self._compared.margin,
        )

    def _play(self, matches: Matches) -> Floats:
        """Add the matches' factors, and return the e-value's logarithm after each."""
        guesses = self._guesses(matches)
        paths = []
        for direction in (_HIGHER, _LOWER):
            if direction == _HIGHER:
                given = (matches, guesses, self._differences)
            else:
                given = (mirrored(matches), 1 - guesses, -self._differences)
            factors = log_factors(*given, self._compared.zeros_and_ones)
            # Added one by one from the start, so that it does not matter where batches are cut.
            path = np.cumsum(np.concatenate((self._wealth[direction][None], factors)), axis=0)[1:]
            self._wealth[direction] = path[-1]
            paths.append(mixed(path))
            self._best[direction] = np.maximum(self._best[direction], paths[-1].max(axis=0))
        return paths[_HIGHER][:, self._zero]

    def _guesses(self, matches: Matches) -> Floats:
        """Guess production's mean under each difference before each match, from those before it; notes their sums."""
        sums = np.add.reduceat(matches.production, starts_of(matches.sizes))
        canary_sums = np.add.reduceat(matches.canary, starts_of(matches.canary_sizes))
        steps = np.stack([matches.canary_sizes, canary_sums, matches.sizes, sums], axis=1)
        path = np.cumsum(np.concatenate((self._sums[None], steps)), axis=0)
        self._sums = path[-1]
        canary, canary_sum, production, production_sum = path[:-1].T[..., None]
        mean = (canary_sum + production_sum + 0.5 - canary * self._differences) / (canary + production + 1)
        lowest, highest = LEAST + np.maximum(0, -self._differences), 1 - LEAST - np.maximum(0, self._differences)
        guesses: Floats = np.clip(mean, lowest, highest)
        return guesses

    def _bounds(self) -> Bounds:
        """Return the confidence sequence: the differences that were never rejected, one step further on each side."""
        never = self._best < log(1 / self._compared.risk)
        steps = np.concatenate(([-1.0], self._differences, [1.0]))
        above, below = np.flatnonzero(never[_HIGHER]), np.flatnonzero(never[_LOWER])
        low = steps[above[0]] if len(above) else steps[-2]
        high = steps[below[-1] + 2] if len(below) else steps[1]
        return Bounds(float(low), float(high))
