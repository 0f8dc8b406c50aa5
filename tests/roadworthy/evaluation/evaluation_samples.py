"""Populations whose true metrics are known exactly, and samples from them, for the tests of evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.metrics import Floats, Meter, Scored
from roadworthy.evaluation.values import Metric

LEVELS = 5
MODELS = {
    "first": lambda first, second: 0.24 + 0.06 * first,
    "second": lambda first, second: 0.24 + 0.06 * second,
    "coarse": lambda first, second: 0.28 + 0.15 * (second >= 2),
    "reversed": lambda first, second: 0.9 - 0.15 * second,
}
"""Models of the same rows: the first two are equally good, the third is a little worse, the last is far worse."""


@dataclass(frozen=True)
class Sample:
    """Rows drawn from a population."""

    labels: np.ndarray
    first: np.ndarray
    second: np.ndarray
    days: np.ndarray

    def scores(self, model: str) -> Floats:
        """Return what one of `MODELS` says of these rows."""
        return MODELS[model](self.first, self.second)


@dataclass(frozen=True)
class Population:
    """Two features of five levels each; a row is positive with probability .12 + .06 · (first + second), on bad days
    more often, on good days less. Half of the days are bad."""

    swing: float = 0.0
    """How much a day moves every row's probability."""

    def draw(self, seed: int, days: int, rows_a_day: int) -> Sample:
        """Draw days, and rows within them."""
        random = np.random.default_rng(seed)
        first, second = random.integers(0, LEVELS, (2, days * rows_a_day))
        day = np.arange(days).repeat(rows_a_day)
        moved = self.swing * random.choice([-1, 1], days)[day]
        return Sample((random.random(len(day)) < _chance(first, second) + moved).astype(int), first, second, day)

    @staticmethod
    def truth(model: str) -> dict[Metric, float]:
        """Return the metrics over the whole population; bad and good days even out."""
        cells = list(product(range(LEVELS), range(LEVELS), (0, 1)))
        first, second, labels = (np.array(values) for values in zip(*cells, strict=True))
        chance = _chance(first, second)
        weights = np.where(labels == 1, chance, 1 - chance)
        meter = Meter(Scored.of(labels, MODELS[model](first, second)))
        return {metric: float(values[0]) for metric, values in meter.measure(weights[None, :]).items()}


def _chance(first: np.ndarray, second: np.ndarray) -> Floats:
    return 0.12 + 0.06 * (first + second)


def sampling(resamples: int = 200, seed: int = 0, clusters: np.ndarray | None = None) -> Resampling:
    """Return a small resampling at 95 %."""
    return Resampling(resamples, 0.95, seed, clusters)
