"""An evaluation: every metric with its interval, over all rows and by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from roadworthy.errors import DataError
from roadworthy.evaluation.bootstrap import Resampling, estimate, replicates
from roadworthy.evaluation.calibration import Calibration, calibrate
from roadworthy.evaluation.checks import check_measurable, why_not_measurable
from roadworthy.evaluation.metrics import Floats, Meter, Scored
from roadworthy.evaluation.values import AnyMetric, Estimate, Metric, NotMeasured, Value


class Segment(Value):
    """The rows that share one value of a column."""

    column: str
    value: str
    rows: int
    positives: int
    metrics: dict[Metric, Estimate] = Field(default_factory=dict)
    without_metrics: str | None = None
    """Why there are none: too few rows or clusters, or a single class."""


class Evaluation(Value):
    """How good a model is on rows that it never saw."""

    rows: int
    positives: int
    metrics: dict[Metric, Estimate]
    calibration: Calibration
    segments: tuple[Segment, ...] = ()
    resampled_by: str
    """What the intervals rest on: rows, or clusters of rows that move together."""

    def estimate_of(self, metric: AnyMetric) -> Estimate | NotMeasured:
        """Return the estimate of a metric, or why there is none."""
        if isinstance(metric, Metric) and metric in self.metrics:
            return self.metrics[metric]
        return NotMeasured(reason="it is not measured of trained models")


def evaluate_predictions(
    labels: NDArray[np.generic],
    scores: Floats,
    how: Resampling,
    segments: Mapping[str, Sequence[str]] | None = None,
    smallest_segment: int = 100,
) -> Evaluation:
    """Measure `scores` (probabilities of the positive class) against `labels` (1 positive, 0 negative).

    `segments` maps a column to its value in each row. Raises `DataError` for a single class, too few rows or clusters,
    scores that are no probabilities, and lengths that differ.
    """
    scored = Scored.of(labels, scores, how.clusters)
    check_measurable(labels, how.clusters)
    _check_segments(len(labels), segments or {})
    return Evaluation(
        rows=len(labels),
        positives=int(scored.positive.sum()),
        metrics=_estimates(scored, how),
        calibration=calibrate(scored),
        segments=tuple(
            _segment(column, value, labels, scores, np.asarray(values) == value, how, smallest_segment)
            for column, values in (segments or {}).items()
            for value in sorted(set(values))
        ),
        resampled_by="rows" if how.clusters is None else f"{len(np.unique(how.clusters)):,} clusters",
    )


def _estimates(scored: Scored, how: Resampling) -> dict[Metric, Estimate]:
    meter = Meter(scored)
    values, points = replicates(meter.measure, scored.units, how), meter.measure_once()
    return {metric: estimate(points[metric], values[metric], how.confidence, scored.units) for metric in Metric}


def _segment(
    column: str,
    value: str,
    labels: NDArray[np.generic],
    scores: Floats,
    inside: NDArray[np.bool_],
    how: Resampling,
    smallest: int,
) -> Segment:
    rows, positives = int(inside.sum()), int(labels[inside].astype(bool).sum())
    clusters = None if how.clusters is None else how.clusters[inside]
    reason = f"fewer than {smallest} rows" if rows < smallest else why_not_measurable(labels[inside], clusters)
    if reason:
        return Segment(column=column, value=value, rows=rows, positives=positives, without_metrics=reason)
    metrics = _estimates(Scored.of(labels[inside], scores[inside], clusters), how)
    return Segment(column=column, value=value, rows=rows, positives=positives, metrics=metrics)


def _check_segments(rows: int, segments: Mapping[str, Sequence[str]]) -> None:
    for column, values in segments.items():
        if len(values) != rows:
            raise DataError(
                f"{rows:,} rows and {len(values):,} values of the segment {column}",
                where=f"segments: {column}",
                remedy="give one a row",
            )
