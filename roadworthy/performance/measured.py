"""Performance measured when a night's labels have come, and what it says about the estimate that was made before."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from pydantic import Field, field_serializer

from roadworthy.evaluation.bootstrap import Resampling, estimate, replicates
from roadworthy.evaluation.calibration import wilson_interval
from roadworthy.evaluation.metrics import Floats, Meter, Scored
from roadworthy.evaluation.values import Estimate, Metric, Value, stable
from roadworthy.performance.cohorts import Cohort
from roadworthy.performance.estimated import FEWEST_ROWS, EstimatedPerformance

COMPLETE = 0.95
"""A cohort is measured when so many of its labels are there: the early ones are no fair sample of all."""
FEWEST_NIGHTS = 5
"""Of fewer nights nothing is said about the estimates."""


class MeasureVerdict(StrEnum):
    """Whether there is a measurement."""

    MEASURED = "measured"
    WAITING_FOR_LABELS = "waiting_for_labels"
    TOO_FEW = "too_few"
    """Too few rows, or a single class."""
    BAD_SCORES = "bad_scores"


class MeasuredPerformance(Value):
    """What came true of rows that were predicted."""

    verdict: MeasureVerdict
    rows: int
    arrived: float
    """The share of the rows whose label has come."""
    reason: str | None = None
    metrics: dict[Metric, Estimate] = Field(default_factory=dict)

    @field_serializer("arrived")
    def _stable(self, number: float) -> float:
        return stable(number)


def measure_cohort(cohort: Cohort, how: Resampling, complete: float = COMPLETE) -> MeasuredPerformance:
    """Measure a night whose labels have come; until a share of `complete` of them is there, wait.

    `how.clusters` is not used: within one night rows are drawn one by one. Rows without a label are left out.
    """
    labelled = np.isfinite(cohort.labels)
    verdict, reason = _why_not(cohort, labelled, complete)
    if reason is not None:
        return MeasuredPerformance(verdict=verdict, rows=len(cohort.scores), arrived=_share(labelled), reason=reason)
    scored = Scored.of(cohort.labels[labelled].astype(np.int8), cohort.scores[labelled])
    return MeasuredPerformance(
        verdict=MeasureVerdict.MEASURED,
        rows=len(cohort.scores),
        arrived=_share(labelled),
        metrics=measure(scored, how),
    )


def measure(scored: Scored, how: Resampling) -> dict[Metric, Estimate]:
    """Return each metric of these rows with its interval, by the bootstrap over their units."""
    meter = Meter(scored)
    points, values = meter.measure_once(), replicates(meter.measure, scored.units, how)
    return {metric: estimate(points[metric], values[metric], how.confidence, scored.units) for metric in Metric}


class Agreement(StrEnum):
    """What measurements say about the estimates."""

    AGREE = "agree"
    TOO_HOPEFUL = "too_hopeful"
    """It turns out worse than estimated: what the rows mean has changed, or the calibration is old."""
    TOO_GLOOMY = "too_gloomy"
    TOO_SURE = "too_sure"
    """Right on average, but nights fall outside their intervals more often than these say."""
    WAITING_FOR_LABELS = "waiting_for_labels"
    """Too few nights have both."""


class EstimateCheck(Value):
    """Estimates and measurements of the same nights, compared."""

    verdict: Agreement
    nights: int
    """Nights that have both."""
    gap: Estimate | None = None
    """The mean over the nights of estimate minus measurement, turned so that positive is too hopeful."""
    inside: float | None = None
    """The share of the nights whose measurement lies in the estimate's interval."""


def check_estimates(
    estimated: Sequence[EstimatedPerformance],
    measured: Sequence[MeasuredPerformance],
    metric: Metric = Metric.AUC,
    tolerance: float = 0.02,
    confidence: float = 0.95,
) -> EstimateCheck:
    """Compare night by night, in the same order; nights without both are left out.

    The gap's interval is Student's over nights. A gap counts when the whole interval lies beyond `tolerance`, in the
    metric's unit. Nights in a row depend on each other, so the interval is rather too short than too long.
    """
    pairs = [
        (before.metrics[metric], after.metrics[metric])
        for before, after in zip(estimated, measured, strict=True)
        if metric in before.metrics and metric in after.metrics
    ]
    if len(pairs) < FEWEST_NIGHTS:
        return EstimateCheck(verdict=Agreement.WAITING_FOR_LABELS, nights=len(pairs))
    gaps = np.array([metric.sign * (before.value - after.value) for before, after in pairs])
    gap = _mean(gaps, confidence)
    inside = sum(before.low <= after.value <= before.high for before, after in pairs)
    too_sure = wilson_interval(inside, len(pairs))[1] < pairs[0][0].confidence
    verdict = _agreement(gap, tolerance, too_sure)
    return EstimateCheck(verdict=verdict, nights=len(pairs), gap=gap, inside=stable(inside / len(pairs)))


def _agreement(gap: Estimate, tolerance: float, too_sure: bool) -> Agreement:
    if gap.low > tolerance:
        return Agreement.TOO_HOPEFUL
    if gap.high < -tolerance:
        return Agreement.TOO_GLOOMY
    return Agreement.TOO_SURE if too_sure else Agreement.AGREE


def _mean(values: Floats, confidence: float) -> Estimate:
    # Late: start-up time.
    from scipy.special import stdtrit

    half = float(stdtrit(len(values) - 1, (1 + confidence) / 2) * values.std(ddof=1) / np.sqrt(len(values)))
    mean = float(values.mean())
    return Estimate(value=mean, low=mean - half, high=mean + half, confidence=confidence)


def _share(labelled: np.ndarray) -> float:
    return float(labelled.mean()) if len(labelled) else 0.0


def _why_not(cohort: Cohort, labelled: np.ndarray, complete: float) -> tuple[MeasureVerdict, str | None]:
    rows, share = len(labelled), _share(labelled)
    if rows < FEWEST_ROWS:
        return MeasureVerdict.TOO_FEW, f"{rows:,} rows, fewer than {FEWEST_ROWS}"
    if not (np.isfinite(cohort.scores).all() and cohort.scores.min() >= 0 and cohort.scores.max() <= 1):
        return MeasureVerdict.BAD_SCORES, "some scores are no probabilities"
    if share < complete:
        return MeasureVerdict.WAITING_FOR_LABELS, f"{share:.0%} of {rows:,} labels have come, {complete:.0%} are needed"
    positives = int(np.nansum(cohort.labels))
    if positives in (0, int(labelled.sum())):
        return MeasureVerdict.TOO_FEW, "a single class"
    return MeasureVerdict.MEASURED, None
