"""What a model's score means: the share of positive rows among those with that score, learned on a reference."""

# Late imports: start-up time.
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from roadworthy.errors import DataError
from roadworthy.evaluation.checks import check_rows
from roadworthy.evaluation.metrics import Floats
from roadworthy.evaluation.values import Value

FEWEST_ROWS = 500
"""A curve learned from fewer rows says more about these rows than about the model."""


class Calibrator(Value):
    """A rising curve from score to share, by its knots; between two of them it is a line, outside it is level."""

    scores: tuple[float, ...] = Field(min_length=1)
    shares: tuple[float, ...] = Field(min_length=1)
    rows: int
    """How many reference rows it was learned from."""

    def shares_of(self, scores: Floats) -> Floats:
        """Return each row's expected share of positives, between 0 and 1, in the shape of `scores`."""
        shares: Floats = np.interp(scores, self.scores, self.shares)
        return shares


def learn_calibrator(labels: NDArray[np.generic], scores: Floats) -> Calibrator:
    """Learn the curve from a reference: rows with labels (0, 1) that the model did not learn from.

    Isotonic regression: Zadrozny and Elkan, Transforming classifier scores into accurate multiclass probability
    estimates, KDD (2002). Raises `DataError` for fewer than `FEWEST_ROWS` rows, a single class, or bad scores.
    """
    from sklearn.isotonic import IsotonicRegression

    check_rows(labels, scores, None)
    positives = int(labels.astype(bool).sum())
    if len(labels) < FEWEST_ROWS or positives in (0, len(labels)):
        raise DataError(
            f"{len(labels):,} reference rows, {positives:,} of them positive, can't show what a score means",
            where="labels",
            remedy=f"give at least {FEWEST_ROWS} rows of both classes",
        )
    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores, labels.astype(np.float64))
    knots = (tuple(float(number) for number in numbers) for numbers in (curve.X_thresholds_, curve.y_thresholds_))
    return Calibrator(scores=next(knots), shares=next(knots), rows=len(labels))
