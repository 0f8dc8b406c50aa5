"""The bootstrap: how much a metric would move if the rows had been drawn again.

Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979). Percentile intervals: Davison
and Hinkley, Bootstrap Methods and their Application (1997), 5.3; widened where units are few: Hesterberg, What teachers
should know about the bootstrap, The American Statistician 69 (2015). Rows that move together are drawn together:
Cameron, Gelbach and Miller, Bootstrap-based improvements for inference with clustered errors, Review of Economics and
Statistics 90 (2008).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from roadworthy.evaluation.metrics import Floats
from roadworthy.evaluation.values import AnyMetric, Estimate

_CHUNK_NUMBERS = 2_000_000
"""So many weights are held at a time, some 16 MB, whatever the number of units."""

M = TypeVar("M", bound=AnyMetric)


@dataclass(frozen=True)
class Resampling:
    """How resamples are drawn."""

    resamples: int
    confidence: float
    seed: int
    clusters: NDArray[np.generic] | None = None
    """For each row, the unit that it moves together with; None when rows are independent."""


def replicates(statistic: Callable[[Floats], Mapping[M, Floats]], units: int, how: Resampling) -> dict[M, Floats]:
    """Return the statistic of each resample of so many units: an array of `how.resamples` numbers a metric.

    `statistic` takes weights of the shape (resamples, units) and gives each metric's value for each resample.
    """
    chunks = [statistic(weights) for weights in _weights(units, how)]
    return {metric: np.concatenate([chunk[metric] for chunk in chunks]) for metric in chunks[0]}


def estimate(value: float, values: Floats, confidence: float, units: int) -> Estimate:
    """Return the percentile interval of `values` around `value`; resamples without one class are left out."""
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(values, widened(np.array([tail, 1 - tail]), units))
    return Estimate(value=value, low=float(low), high=float(high), confidence=confidence)


def widened(levels: Floats, units: int) -> Floats:
    """Return where to read the bootstrap distribution of n `units` for a quantile of each level.

    Its variance is (n − 1) / n of the right one, and its tails are those of a normal distribution where Student's with
    n − 1 degrees of freedom belong. For many units the levels stay what they are.
    """
    # Late: who only reads a report needs no scipy.
    from scipy.special import ndtr, stdtrit

    moved: Floats = ndtr(np.sqrt(units / (units - 1)) * stdtrit(units - 1, levels))
    return moved


def _weights(units: int, how: Resampling) -> Iterator[Floats]:
    """Yield weights of the shape (some resamples, units): how often each unit was drawn."""
    generator = np.random.default_rng(how.seed)
    chunk = max(1, _CHUNK_NUMBERS // units)
    for first in range(0, how.resamples, chunk):
        size = min(chunk, how.resamples - first)
        yield generator.multinomial(units, np.full(units, 1 / units), size=size).astype(np.float64)
