"""Metrics of predicted probabilities, for many weightings of the same rows at once.

A resample of the bootstrap is a weighting: a unit that was drawn twice has the weight 2. A unit is a row, or a group of
rows that move together. So a metric takes a matrix of weights, one row a resample and one column a unit, and returns
one number a resample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadworthy.evaluation.checks import check_rows
from roadworthy.evaluation.values import Metric

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

_SMALLEST = 1e-15
"""Probabilities are kept this far from 0 and 1, where the log loss would be infinite."""
_MOST_PAIRED_UNITS = 1000
"""Up to so many units the AUC is counted once for each pair of units, which makes a resample almost free."""


@dataclass(frozen=True)
class Scored:
    """Rows with their outcome, score and unit, in the order of the score."""

    positive: Flags
    scores: Floats
    unit: Places
    """For each row the unit's number, from 0."""
    units: int
    log_losses: Floats
    squared_errors: Floats

    @classmethod
    def of(cls, labels: NDArray[np.generic], scores: Floats, clusters: NDArray[np.generic] | None = None) -> Scored:
        """Check and sort. Raises `DataError` as `check_rows` does."""
        check_rows(labels, scores, clusters)
        order = np.argsort(scores, kind="stable")
        positive, ordered = labels[order].astype(bool), scores[order].astype(np.float64)
        clipped = np.clip(ordered, _SMALLEST, 1 - _SMALLEST)
        unit = np.arange(len(labels)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
        return cls(
            positive=positive,
            scores=ordered,
            unit=unit[order],
            units=int(unit.max()) + 1,
            log_losses=-np.log(np.where(positive, clipped, 1 - clipped)),
            squared_errors=(ordered - positive) ** 2,
        )

    def by_unit(self, values: Floats | Flags) -> Floats:
        """Return the sum of the rows' values in each unit."""
        sums: Floats = np.bincount(self.unit, weights=values, minlength=self.units).astype(np.float64)
        return sums

    @property
    def tie_ends(self) -> Places:
        """The last place of each group of equal scores."""
        return np.flatnonzero(np.append(np.diff(self.scores) > 0, True))


class Meter:
    """Measures the same rows under any weights; what does not depend on the weights is counted once."""

    def __init__(self, scored: Scored) -> None:
        self._scored = scored
        self._rows = scored.by_unit(np.ones(len(scored.scores)))
        self._positives = scored.by_unit(scored.positive)
        self._sums = {
            Metric.LOG_LOSS: scored.by_unit(scored.log_losses),
            Metric.BRIER: scored.by_unit(scored.squared_errors),
        }
        self._wins = _wins_by_unit(scored) if scored.units <= _MOST_PAIRED_UNITS else None

    def measure(self, weights: Floats) -> dict[Metric, Floats]:
        """Return each metric for each weighting; `weights` has the shape (weightings, units).

        The AUC is NaN for a weighting under which one class has no weight.
        """
        total = weights @ self._rows
        means = {metric: weights @ sums / total for metric, sums in self._sums.items()}
        return {Metric.AUC: self._auc(weights), **means}

    def measure_once(self) -> dict[Metric, float]:
        """Return each metric with every row counted once."""
        values = self.measure(np.ones((1, self._scored.units)))
        return {metric: float(numbers[0]) for metric, numbers in values.items()}

    def _auc(self, weights: Floats) -> Floats:
        """The share of pairs in which the positive row scores higher, a tie counting one half.

        Hanley and McNeil, The meaning and use of the area under a ROC curve, Radiology 143 (1982).
        """
        positives = weights @ self._positives
        pairs = positives * (weights @ self._rows - positives)
        wins = self._wins_by_rows(weights) if self._wins is None else ((weights @ self._wins) * weights).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            share: Floats = np.where(pairs > 0, wins / pairs, np.nan)
        return share

    def _wins_by_rows(self, weights: Floats) -> Floats:
        """Count won pairs row by row, which costs a pass over the rows for each weighting."""
        scored, ends = self._scored, self._scored.tie_ends
        by_row = weights[:, scored.unit]
        negatives = np.cumsum(np.where(scored.positive, 0.0, by_row), axis=1)[:, ends]
        positives = np.cumsum(np.where(scored.positive, by_row, 0.0), axis=1)[:, ends]
        below = np.concatenate([np.zeros((len(weights), 1)), negatives[:, :-1]], axis=1)
        wins: Floats = ((below + negatives) / 2 * np.diff(positives, axis=1, prepend=0.0)).sum(axis=1)
        return wins


def _wins_by_unit(scored: Scored) -> Floats:
    """Return how many pairs the positives of unit i win against the negatives of unit j, a tie counting one half."""
    ends = scored.tie_ends
    group = np.searchsorted(ends, np.flatnonzero(scored.positive))
    units = scored.unit[scored.positive]
    wins = np.empty((scored.units, scored.units))
    for unit in range(scored.units):
        negatives = np.cumsum((scored.unit == unit) & ~scored.positive)[ends].astype(np.float64)
        below = np.concatenate([[0.0], negatives[:-1]])
        wins[:, unit] = np.bincount(units, weights=((below + negatives) / 2)[group], minlength=scored.units)
    return wins
