"""What has to hold of labels, scores and clusters before anything can be measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadworthy.errors import DataError

FEWEST_UNITS = 5
"""Of fewer rows or clusters the bootstrap can't tell how sure we are (docs/decisions/0005-bootstrap.md)."""


def check_rows(labels: NDArray[np.generic], scores: NDArray[np.float64], clusters: NDArray[np.generic] | None) -> None:
    """Raise `DataError` unless there is one label (0 or 1), one probability and one cluster for each row."""
    _check_lengths(len(labels), len(scores), "scores")
    if clusters is not None:
        _check_lengths(len(labels), len(clusters), "clusters")
    if len(labels) == 0:
        raise DataError("there are no rows to measure", where="labels", remedy="choose rows that the data covers")
    if not np.isin(labels, (0, 1)).all():
        raise DataError("a label is neither 0 nor 1", where="labels", remedy="give 1 for positive, 0 for negative")
    _check_probabilities(scores)


def check_measurable(labels: NDArray[np.generic], clusters: NDArray[np.generic] | None) -> None:
    """Raise `DataError` when the rows can't tell good from bad models: a single class, or too few units."""
    reason = why_not_measurable(labels, clusters)
    if reason:
        raise DataError(
            f"{len(labels):,} rows can't be measured: {reason}",
            where="labels" if clusters is None else "labels, clusters",
            remedy="choose more rows, which hold both classes, or a column of finer clusters",
        )


def why_not_measurable(labels: NDArray[np.generic], clusters: NDArray[np.generic] | None) -> str | None:
    """Return why these rows get no metrics: a single class, or too few units; None when they do."""
    if int(labels.astype(bool).sum()) in (0, len(labels)):
        return "a single class"
    if clusters is None:
        return f"fewer than {FEWEST_UNITS} rows" if len(labels) < FEWEST_UNITS else None
    return f"fewer than {FEWEST_UNITS} clusters" if len(np.unique(clusters)) < FEWEST_UNITS else None


def _check_lengths(labels: int, others: int, name: str) -> None:
    if labels != others:
        raise DataError(f"{labels:,} labels and {others:,} {name}", where=f"labels, {name}", remedy="give one a row")


def _check_probabilities(scores: NDArray[np.float64]) -> None:
    if not np.isfinite(scores).all():
        count = int((~np.isfinite(scores)).sum())
        raise DataError(f"{count:,} scores are NaN or infinite", where="scores", remedy="mend the model")
    if scores.min() < 0 or scores.max() > 1:
        raise DataError(
            f"scores from {scores.min():.3g} to {scores.max():.3g} are no probabilities",
            where="scores",
            remedy="give probabilities between 0 and 1",
        )
