"""Simulated nights with thirty features, as profiles: what is counted is drawn, so that no row has to be made.

Numbers are normal, categories multinomial. Nights have day effects, which all rows of a night share: means and
log-odds move by a stationary AR(1) process, half of its variance common to all features. Night sizes are log-uniform.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, softmax

from roadworthy.drift.baseline import Baseline, Night
from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.profile import AnyProfile, Layout, Profile

Floats = NDArray[np.float64]
NUMBERS, SETS = 20, 10
_RANGE = 4.5
_LEVELS = np.arange(1, 20) / 20
_EXPONENT = -11
_FIRST = date(2013, 1, 1)


@dataclass(frozen=True)
class Stream:
    """How nights are drawn."""

    day_effect: float = 0.0
    """The standard deviation of a night's mean, in standard deviations of its rows; of log-odds for categories."""
    persistence: float = 0.0
    """The correlation of a night's effect with that of the night before."""
    smallest: int = 500
    largest: int = 100_000
    missing: float = 0.02


@dataclass(frozen=True)
class Change:
    """What happens to each of the first numbers and categories."""

    columns: int = 0
    shift: float = 0.0
    """Of the mean, in standard deviations."""
    spread: float = 1.0
    """The standard deviation is multiplied by this."""
    gone: bool = False
    """The second most frequent category is no more."""
    new: float = 0.0
    """The share of a category that was not there before."""
    missing: float = 0.0
    """So much more of the rows lack a value."""


def make_layout() -> Layout:
    """Return the layout of all features; categories' sets grow from 3 to 48."""
    edges = (*(float(edge) for edge in ndtri(_LEVELS)), _RANGE)
    numbers = [
        NumericLayout(name=f"number {place}", lowest=-_RANGE, edges=edges, exponent=_EXPONENT)
        for place in range(NUMBERS)
    ]
    sets = [
        CategoricalLayout(name=f"set {place}", categories=tuple(map(str, range(3 + 5 * place))), complete=True)
        for place in range(SETS)
    ]
    return Layout(columns=(*numbers, *sets))


class Nights:
    """Draws nights one after the other."""

    def __init__(self, stream: Stream, seed: int) -> None:
        self.layout = make_layout()
        self._stream, self._random = stream, np.random.default_rng(seed)
        self._log_odds = [-0.7 * np.log1p(np.arange(3 + 5 * place)) for place in range(SETS)]
        self._loadings = [self._random.normal(size=len(one)) for one in self._log_odds]
        self._state = self._random.normal(size=1 + NUMBERS + SETS)
        self._day = _FIRST

    def baseline(self, count: int) -> Baseline:
        """Draw the nights of a reference."""
        return Baseline(self.layout, [self.draw() for _ in range(count)])

    def draw(self, change: Change | None = None, rows: int | None = None) -> Night:
        """Draw the next night."""
        change = change or Change()
        size = rows or int(np.exp(self._random.uniform(np.log(self._stream.smallest), np.log(self._stream.largest))))
        effects = self._next_effects()
        columns: dict[str, AnyProfile] = {}
        for place in range(NUMBERS):
            one = change if place < change.columns else Change()
            columns[f"number {place}"] = self._number(size, effects[place], one)
        for place in range(SETS):
            one = change if place < change.columns else Change()
            columns[f"set {place}"] = self._set(size, place, effects[NUMBERS + place], one)
        self._day += timedelta(1)
        return Night(self._day, Profile(layout=self.layout.digest, rows=size, columns=columns))

    def _next_effects(self) -> Floats:
        keep = self._stream.persistence
        self._state = keep * self._state + np.sqrt(1 - keep**2) * self._random.normal(size=len(self._state))
        shared: Floats = (self._state[0] + self._state[1:]) / np.sqrt(2) * self._stream.day_effect
        return shared

    def _usable(self, size: int, change: Change) -> int:
        return size - int(self._random.binomial(size, self._stream.missing + change.missing))

    def _number(self, size: int, effect: float, change: Change) -> NumericProfile:
        usable = self._usable(size, change)
        edges = np.array([-_RANGE, *ndtri(_LEVELS), _RANGE])
        mean, spread = effect + change.shift, change.spread
        below = ndtr((edges - mean) / spread)
        bins = self._random.multinomial(usable, np.diff([0, *below, 1]))
        total = self._random.normal(mean, spread / np.sqrt(usable)) * usable
        squares = usable * (spread**2 + (total / usable) ** 2)
        unit = 2.0**_EXPONENT
        return NumericProfile(
            rows=size, missing=size - usable, bins=tuple(map(int, bins)), total=int(total / unit),
            squares=int(squares / unit**2), minimum=-3.0, maximum=3.0,
        )  # fmt: skip

    def _set(self, size: int, place: int, effect: float, change: Change) -> CategoricalProfile:
        usable = self._usable(size, change)
        odds = self._log_odds[place] + effect * self._loadings[place]
        probabilities = softmax(odds) * (1 - change.new)
        if change.gone:
            probabilities[1] = 0
        counts = self._random.multinomial(usable, [*probabilities, change.new] / (probabilities.sum() + change.new))
        return CategoricalProfile(
            rows=size,
            missing=size - usable,
            listed=tuple(map(int, counts[:-1])),
            unlisted=int(counts[-1]),
            complete=True,
        )


IID = Stream()
WEATHER = Stream(day_effect=0.1, persistence=0.6)
MOODS = replace(WEATHER, day_effect=0.2, persistence=0.8)
STREAMS = {
    "independent rows": IID,
    "day effects of .1, AR(1) .6": WEATHER,
    "day effects of .2, AR(1) .8": MOODS,
}
CHANGES = {
    "mean moves by .5 sd": Change(columns=3, shift=0.5),
    "mean moves by 1 sd": Change(columns=3, shift=1.0),
    "spread grows by half": Change(columns=3, spread=1.5),
    "a category goes": Change(columns=3, gone=True),
    "a new category has 5 %": Change(columns=3, new=0.05),
    "10 % more are missing": Change(columns=3, missing=0.1),
}
