"""Calibration: of the rows to which the model gives 30 %, do 30 % turn out positive?"""

from __future__ import annotations

import math

import numpy as np
from pydantic import field_serializer

from roadworthy.evaluation.metrics import Places, Scored
from roadworthy.evaluation.values import Value, stable

BINS = 10


class Bin(Value):
    """Rows with similar scores: what was predicted and what came true, with a 95 % interval."""

    rows: int
    predicted: float
    observed: float
    low: float
    high: float

    @field_serializer("predicted", "observed", "low", "high")
    def _stable(self, number: float) -> float:
        return stable(number)


class Calibration(Value):
    """The reliability curve, and how far it is from the diagonal."""

    bins: tuple[Bin, ...]
    expected_error: float
    """The mean distance between predicted and observed shares, weighted by rows.

    Naeini, Cooper and Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI (2015).
    """

    @field_serializer("expected_error")
    def _stable(self, number: float) -> float:
        return stable(number)


def calibrate(scored: Scored) -> Calibration:
    """Return the curve over bins of (nearly) equally many rows, in the order of the score."""
    bins = tuple(_bin(scored, place) for place in _places(scored))
    distance = sum(bin_.rows * abs(bin_.predicted - bin_.observed) for bin_ in bins)
    return Calibration(bins=bins, expected_error=distance / len(scored.scores))


def wilson_interval(positives: int, rows: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return the score interval of a share; Wilson, Probable inference, JASA 22 (1927). `z` 1.96 means 95 %."""
    share = positives / rows
    middle = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows)) / (1 + z * z / rows)
    # Rounding must not leave the share itself outside, as it can where all rows are alike.
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def _places(scored: Scored) -> list[Places]:
    """Cut the rows into bins; equal scores stay together, or the curve would depend on the order of the rows."""
    rows = len(scored.scores)
    after = scored.tie_ends + 1
    wanted = -(-rows * np.arange(1, BINS) // BINS)
    cuts = np.unique(after[np.searchsorted(after, wanted)])
    return np.split(np.arange(rows), cuts[cuts < rows])


def _bin(scored: Scored, place: Places) -> Bin:
    positives, rows = int(scored.positive[place].sum()), len(place)
    low, high = wilson_interval(positives, rows)
    return Bin(rows=rows, predicted=float(scored.scores[place].mean()), observed=positives / rows, low=low, high=high)
