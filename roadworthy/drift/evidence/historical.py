"""Evidence beside the nights of the reference: tonight's rank among them, and a tail beyond them.

Nights differ by more than chance: their rows share something. So nights are taken to move along one direction, as
means do, by a normal amount, whose variance is learned from the nights of the reference. Then a night's statistic is a
sum of chi-squares, one of them with the night's weight; it is nearly a chi-square that was moved and scaled (three
moments: Imhof, Biometrika 48, 1961), whose cube root is nearly normal (Wilson and Hilferty, PNAS 17, 1931). So each
gets a normal score, and a night of 500 rows can be compared with one of 100,000. Tonight's p-value is the rank of its
score (Vovk, Gammerman and Shafer, Algorithmic learning in a random world, 2005, chapter 2).

Beyond all nights the rank can say no more than 1 / (nights + 1), far more than a false alarm a year among thirty
columns allows. There a tail takes over: Student's, for the next of so many normal scores. It knows how little few
nights tell; nights that resemble their neighbours count for less. A generalised Pareto tail (Knijnenburg et al.,
Bioinformatics 25, 2009) needs some 250 nights; with fewer its estimate may end right behind the largest and call
whatever lies beyond impossible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.evidence.independent import IndependentRows
from roadworthy.drift.evidence.interface import Basis, Reading

Floats = NDArray[np.float64]

FEWEST_NIGHTS = 14
"""With fewer no tail reaches the levels at which alarms are raised."""
_ROUNDS = 10
_NO_SPREAD = 1e-9
"""Scores that differ by less were computed of equal nights."""


@dataclass(frozen=True)
class NightEffect:
    """How far nights themselves lie from the reference, beyond what their rows' number explains."""

    mean: float
    """Of the excess of the statistic, per row; 0 when rows are independent."""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> NightEffect:
        """Estimate by moments, nights weighted by what they tell (DerSimonian and Laird, Controlled Clinical Trials 7,
        1986)."""
        if not readings:
            return cls(0.0)
        sizes = np.array([one.size for one in readings])
        freedom = np.array([one.freedom for one in readings])
        excess = (np.array([one.statistic for one in readings]) - freedom) / sizes
        mean = 0.0
        for _ in range(_ROUNDS):
            weights = 1 / (2 * mean**2 + 4 * mean / sizes + 2 * freedom / sizes**2)
            mean = max(0.0, float(weights @ excess / weights.sum()))
        return cls(mean)

    def score(self, reading: Reading) -> float:
        """Return the normal score of a reading.

        One direction has the weight 1 + n mean, the others 1; of the weighted sum of chi-squares three moments are met.
        """
        weight, others = 1 + reading.size * self.mean, reading.freedom - 1
        first, second, third = (weight**power + others for power in (1, 2, 3))
        freedom = second**3 / third**2
        chi_square = (reading.statistic - first) * second / third + freedom
        ninth = 2 / (9 * freedom)
        return (math.cbrt(max(0.0, chi_square) / freedom) - (1 - ninth)) / math.sqrt(ninth)


@dataclass(frozen=True)
class HistoricalNights:
    """What the nights of the reference say of a reading."""

    effect: NightEffect
    scores: Floats
    """The nights' normal scores."""
    effective: float
    """To how many independent nights they amount."""

    basis = Basis.NIGHTS

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> HistoricalNights:
        """Learn from the readings of nights, in their order, each against a reference without it."""
        usable = [one for one in readings if one.freedom]
        effect = NightEffect.of(usable)
        scores = np.array([effect.score(one) for one in usable])
        return cls(effect, scores, _effective(scores))

    @property
    def enough(self) -> bool:
        """Whether there are nights enough to compare with."""
        return len(self.scores) >= FEWEST_NIGHTS

    def p_value(self, reading: Reading) -> float:
        """Return the probability of a reading at least as large; never less than if rows were independent."""
        if not reading.freedom:
            return 1.0
        score = self.effect.score(reading)
        beyond, nights = int((self.scores >= score).sum()), len(self.scores)
        found = (1 + beyond) / (nights + 1)
        if not beyond:
            found = min(found, self._tail(score))
        return max(found, IndependentRows().p_value(reading))

    def _tail(self, score: float) -> float:
        # Late imports: start-up time.
        from scipy.special import stdtr

        if self.effective <= 1:
            return 1.0
        # Neighbours that resemble each other hide a part of the variance.
        variance = float(self.scores.var()) * self.effective / (self.effective - 1)
        if variance < _NO_SPREAD**2:
            return 0.0
        distance = (score - float(self.scores.mean())) / math.sqrt(variance * (1 + 1 / self.effective))
        return float(stdtr(self.effective - 1, -distance))


def _effective(scores: Floats) -> float:
    """Return to how many independent ones they amount.

    Correlations of all lags count, in pairs, as long as these are positive (Geyer, Practical Markov chain Monte Carlo,
    Statistical Science 7, 1992).
    """
    count = len(scores)
    if count < FEWEST_NIGHTS or scores.std() < _NO_SPREAD:
        return float(count)
    centred = scores - scores.mean()
    correlations = np.correlate(centred, centred, "full")[count - 1 :] / (centred @ centred)
    pairs = correlations[: count // 2 * 2].reshape(-1, 2).sum(axis=1)
    positive = int(np.argmax(pairs <= 0)) if (pairs <= 0).any() else len(pairs)
    return count / max(1.0, 2 * float(pairs[:positive].sum()) - 1)
