"""Performance without labels: what a night's scores let expect, if they still mean what they meant on the reference.

Confidence-based estimation: NannyML's CBPE; Bialek, Kuberski, Perrakis and Bifet, Estimating Model Performance Under
Covariate Shift Without Labels (2024), arXiv 2401.08348. Calibrated scores say how likely each row is to be positive,
so that the confusion matrix, the AUC and the losses have expectations. It sees shifts of the rows. It can't see that
the same rows have come to end differently: then it is too hopeful, which measured performance tells when labels come.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_serializer

from roadworthy.evaluation.bootstrap import Resampling, estimate
from roadworthy.evaluation.checks import FEWEST_UNITS
from roadworthy.evaluation.metrics import Flags, Floats
from roadworthy.evaluation.values import Estimate, Metric, Value, stable
from roadworthy.performance.calibrator import Calibrator
from roadworthy.performance.expectation import Unlabelled

FEWEST_ROWS = 100
"""A night of fewer rows gets no estimate."""
FEWEST_OF_A_CLASS = 5.0
"""Nor does one of which fewer rows are expected in either class."""
_CHUNK_NUMBERS = 2_000_000
"""So many labels are drawn at a time, whatever the number of rows."""


class EstimateVerdict(StrEnum):
    """Whether there is an estimate."""

    ESTIMATED = "estimated"
    TOO_FEW = "too_few"
    """Too few rows, units or expected rows of a class."""
    BAD_SCORES = "bad_scores"
    """Scores that are no probabilities: the model or what feeds it is broken."""


class Confusion(Value):
    """The expected confusion matrix at a threshold: how many rows of each kind, in rows."""

    threshold: float
    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float

    @field_serializer("true_positives", "false_positives", "false_negatives", "true_negatives")
    def _stable(self, number: float) -> float:
        return stable(number)


class EstimatedPerformance(Value):
    """What is to be expected of rows without labels."""

    verdict: EstimateVerdict
    rows: int
    reason: str | None = None
    """Why there are no metrics."""
    metrics: dict[Metric, Estimate] = Field(default_factory=dict)
    confusion: Confusion | None = None


def estimate_performance(
    scores: Floats, calibrator: Calibrator, how: Resampling, threshold: float = 0.5
) -> EstimatedPerformance:
    """Estimate each metric of rows with these scores, shape (rows,).

    The interval is where the same rows' measured metric will lie with the confidence that `how` asks for, if the
    calibration still holds: labels are drawn from the calibrated shares. With `how.clusters` (nights), these are drawn
    again as well, so that it covers how much nights differ. The calibrator's own error is not in it.
    """
    refused = _why_not(scores, calibrator, how)
    if refused is not None:
        return refused
    rows = Unlabelled.of(scores, calibrator.shares_of(scores), how.clusters)
    points, values = rows.expected(), draws(rows, how)
    # Drawn labels are no bootstrap: there is nothing to widen for few units where rows stay as they are.
    units = len(scores) if how.clusters is None else rows.units
    return EstimatedPerformance(
        verdict=EstimateVerdict.ESTIMATED,
        rows=len(scores),
        metrics={metric: estimate(points[metric], values[metric], how.confidence, units) for metric in Metric},
        confusion=_confusion(rows, threshold),
    )


def draws(rows: Unlabelled, how: Resampling) -> dict[Metric, Floats]:
    """Return each metric under `how.resamples` drawings of the labels, and of the clusters where there are any."""
    chunks = [rows.under(labels, weights) for labels, weights in _drawn(rows, how)]
    return {metric: np.concatenate([chunk[metric] for chunk in chunks]) for metric in Metric}


def _drawn(rows: Unlabelled, how: Resampling) -> Iterator[tuple[Flags, Floats]]:
    generator = np.random.default_rng(how.seed)
    size = max(1, _CHUNK_NUMBERS // len(rows.scores))
    for first in range(0, how.resamples, size):
        count = min(size, how.resamples - first)
        labels = generator.random((count, len(rows.scores))) < rows.shares
        yield labels, _weights(generator, rows, count, how.clusters)


def _weights(
    generator: np.random.Generator, rows: Unlabelled, count: int, clusters: NDArray[np.generic] | None
) -> Floats:
    if clusters is None:
        return np.ones((count, len(rows.scores)))
    drawn = generator.multinomial(rows.units, np.full(rows.units, 1 / rows.units), size=count)
    return drawn[:, rows.unit].astype(np.float64)


def _why_not(scores: Floats, calibrator: Calibrator, how: Resampling) -> EstimatedPerformance | None:
    verdict, reason = EstimateVerdict.TOO_FEW, None
    if len(scores) < FEWEST_ROWS:
        reason = f"{len(scores):,} rows, fewer than {FEWEST_ROWS}"
    elif not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 1):
        verdict, reason = EstimateVerdict.BAD_SCORES, "some scores are no probabilities"
    elif how.clusters is not None and len(np.unique(how.clusters)) < FEWEST_UNITS:
        reason = f"fewer than {FEWEST_UNITS} clusters"
    else:
        positives = float(calibrator.shares_of(scores).sum())
        if min(positives, len(scores) - positives) < FEWEST_OF_A_CLASS:
            reason = f"{positives:.1f} of {len(scores):,} rows are expected to be positive"
    return EstimatedPerformance(verdict=verdict, rows=len(scores), reason=reason) if reason else None


def _confusion(rows: Unlabelled, threshold: float) -> Confusion:
    yes = rows.scores >= threshold
    said, unsaid = rows.shares[yes], rows.shares[~yes]
    return Confusion(
        threshold=threshold,
        true_positives=float(said.sum()),
        false_positives=float((1 - said).sum()),
        false_negatives=float(unsaid.sum()),
        true_negatives=float((1 - unsaid).sum()),
    )
