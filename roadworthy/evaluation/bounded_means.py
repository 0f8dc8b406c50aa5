"""How sure we are of the mean of scores on a closed scale, also where nearly all scores are alike.

Gaffke, Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable (2005);
Phan, Thomas and Learned-Miller, Towards practical mean bounds for small samples, ICML (2021): the Bayesian bootstrap
(Rubin, The Bayesian bootstrap, Annals of Statistics 9, 1981) with one more score at the end of the scale. For scores of
two values it is the interval of Clopper and Pearson (Biometrika 26, 1934). Why not percentiles of the plain bootstrap:
docs/decisions/0017-evaluating-assistants.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from roadworthy.errors import UsageError
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.metrics import Floats
from roadworthy.evaluation.values import Estimate

_CHUNK_NUMBERS = 2_000_000
"""So many weights are held at a time, some 16 MB."""


@dataclass(frozen=True)
class Scale:
    """Between which numbers every score lies."""

    low: float
    high: float


SHARES = Scale(0, 1)
DIFFERENCES = Scale(-1, 1)


@dataclass(frozen=True)
class MeanDistribution:
    """Where the mean may lie: one distribution for lower bounds, and one, nowhere below it, for upper bounds."""

    lower: Floats
    """Sorted resamples of the mean, one more score counted as the worst that there can be."""
    upper: Floats
    """The same with the best."""

    def quantiles(self, levels: Floats) -> Floats:
        """Return the bound at each level; of two one-sided bounds that could serve, the more cautious."""
        low, high = np.quantile(self.lower, levels), np.quantile(self.upper, levels)
        bounds: Floats = np.where(levels < 0.5, low, high)
        return bounds


def distribution_of_mean(scores: Floats, scale: Scale, how: Resampling) -> MeanDistribution:
    """Resample the mean of the scores (one a query). Raises `UsageError` for clusters, which queries don't have."""
    if how.clusters is not None:
        raise UsageError("queries are drawn singly", where="clusters", remedy="leave the clusters out")
    pieces = [(own @ scores, rest) for own, rest in _weights(len(scores), how)]
    means, rest = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    # Rounding must not leave the scale.
    lower, upper = (np.clip(means + rest * end, scale.low, scale.high) for end in (scale.low, scale.high))
    return MeanDistribution(np.sort(lower), np.sort(upper))


def estimate_mean(scores: Floats, scale: Scale, how: Resampling) -> Estimate:
    """Return the mean of the scores with its two-sided interval."""
    return estimate_within(distribution_of_mean(scores, scale, how), float(scores.mean()), how.confidence)


def estimate_within(distribution: MeanDistribution, value: float, confidence: float) -> Estimate:
    """Return `value` with the two-sided interval that the distribution gives."""
    tail = (1 - confidence) / 2
    low, high = distribution.quantiles(np.array([tail, 1 - tail]))
    return Estimate(value=value, low=float(low), high=float(high), confidence=confidence)


def _weights(units: int, how: Resampling) -> Iterator[tuple[Floats, Floats]]:
    """Yield weights of the scores, shape (some resamples, units), and that of the one at the end; they add up to 1."""
    generator = np.random.default_rng(how.seed)
    chunk = max(1, _CHUNK_NUMBERS // (units + 1))
    for first in range(0, how.resamples, chunk):
        drawn = generator.standard_exponential((min(chunk, how.resamples - first), units + 1))
        drawn /= drawn.sum(axis=1, keepdims=True)
        yield drawn[:, :units], drawn[:, units]
