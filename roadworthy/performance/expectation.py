"""What metrics are to be expected of rows whose labels are not known, only how likely each is to be positive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadworthy.evaluation.metrics import Flags, Floats, Places
from roadworthy.evaluation.values import Metric

_SMALLEST = 1e-15
"""As evaluation does it: the log loss of a probability of 0 would be infinite."""


@dataclass(frozen=True)
class Unlabelled:
    """Rows in the order of their score, each with its share: how likely it is to be positive."""

    scores: Floats
    shares: Floats
    unit: Places
    """For each row the number of the unit that it moves with, from 0."""
    units: int

    @classmethod
    def of(cls, scores: Floats, shares: Floats, clusters: NDArray[np.generic] | None) -> Unlabelled:
        """Sort the rows. Without `clusters` each row is a unit of its own."""
        order = np.argsort(scores, kind="stable")
        unit = np.arange(len(scores)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
        return cls(scores[order], shares[order], unit[order], int(unit.max()) + 1)

    @property
    def tie_ends(self) -> Places:
        """The last place of each group of equal scores."""
        return np.flatnonzero(np.append(np.diff(self.scores) > 0, True))

    def expected(self) -> dict[Metric, float]:
        """Return each metric's expectation; the AUC's is that of the pairs won over that of the pairs.

        No row makes a pair with itself, which a sum over shares alone would count. NaN without any pair.
        """
        ones, alone = np.ones((1, len(self.scores))), float((self.shares * (1 - self.shares)).sum())
        wins, pairs = _wins_and_pairs(ones * self.shares, ones * (1 - self.shares), self.tie_ends)
        area = float((wins[0] - alone / 2) / (pairs[0] - alone)) if pairs[0] - alone > 1e-9 else float("nan")
        positive, negative = _losses(self.scores)
        logs = float((self.shares * positive + (1 - self.shares) * negative).mean())
        squares = float((self.shares * (1 - self.scores) ** 2 + (1 - self.shares) * self.scores**2).mean())
        return {Metric.AUC: area, Metric.LOG_LOSS: logs, Metric.BRIER: squares}

    def under(self, labels: Flags, weights: Floats) -> dict[Metric, Floats]:
        """Return each metric if the labels were these; both arrays have the shape (draws, rows).

        The AUC is NaN for a draw of a single class.
        """
        positives = np.where(labels, weights, 0.0)
        wins, pairs = _wins_and_pairs(positives, weights - positives, self.tie_ends)
        total = weights.sum(axis=1)
        positive, negative = _losses(self.scores)
        logs = np.where(labels, positive, negative)
        squares = (self.scores - labels) ** 2
        with np.errstate(invalid="ignore", divide="ignore"):
            areas: Floats = np.where(pairs > 0, wins / pairs, np.nan)
        return {
            Metric.AUC: areas,
            Metric.LOG_LOSS: (weights * logs).sum(axis=1) / total,
            Metric.BRIER: (weights * squares).sum(axis=1) / total,
        }


def _wins_and_pairs(positives: Floats, negatives: Floats, ends: Places) -> tuple[Floats, Floats]:
    """Return the weight of pairs that the positive row wins, a tie counting one half, and of all pairs."""
    above, below = np.cumsum(positives, axis=1)[:, ends], np.cumsum(negatives, axis=1)[:, ends]
    before = np.concatenate([np.zeros((len(below), 1)), below[:, :-1]], axis=1)
    wins: Floats = ((before + below) / 2 * np.diff(above, axis=1, prepend=0.0)).sum(axis=1)
    return wins, above[:, -1] * below[:, -1]


def _losses(scores: Floats) -> tuple[Floats, Floats]:
    """Return each row's log loss if it is positive, and if it is negative."""
    clipped = np.clip(scores, _SMALLEST, 1 - _SMALLEST)
    return -np.log(clipped), -np.log(1 - clipped)
