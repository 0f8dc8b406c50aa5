"""Measures one night of one release by the labels that have come, beside what its scores let expect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.labels.joining import LabelledCohort
from roadworthy.labels.report import Delays, LabelledNight, LabelState
from roadworthy.labels.settings import LabelSettings
from roadworthy.performance.calibrator import Calibrator
from roadworthy.performance.cohorts import Cohort
from roadworthy.performance.estimated import EstimatedPerformance, EstimateVerdict, estimate_performance
from roadworthy.performance.measured import COMPLETE, MeasuredPerformance, MeasureVerdict, measure_cohort

_STATES = {
    MeasureVerdict.MEASURED: LabelState.MEASURED,
    MeasureVerdict.TOO_FEW: LabelState.TOO_FEW,
    MeasureVerdict.BAD_SCORES: LabelState.BAD_SCORES,
}


@dataclass(frozen=True)
class NightMeasured:
    """One night of one release, with what later decisions need."""

    said: LabelledNight
    cohort: Cohort
    estimated: EstimatedPerformance
    measured: MeasuredPerformance


def measure_night(
    cohort: LabelledCohort, calibrator: Calibrator | None, until: date, settings: LabelSettings
) -> NightMeasured:
    """Measure a cohort as it is known; `until` is the night of the report, up to which labels could come.

    Without a calibrator there is no estimate. Rows of large nights are thinned (`settings.most_rows`).
    """
    how, rows = Resampling(settings.resamples, 0.95, 0), cohort.thinned(settings.most_rows)
    measured = measure_cohort(rows, how)
    if calibrator is None:
        reason = "the release's evaluation can't be read"
        estimated = EstimatedPerformance(verdict=EstimateVerdict.TOO_FEW, rows=len(rows.scores), reason=reason)
    else:
        estimated = estimate_performance(rows.scores, calibrator, how)
    over = is_over(cohort.night, until, settings)
    return NightMeasured(_said(cohort, measured, estimated, over), rows, estimated, measured)


def is_over(night: date, until: date, settings: LabelSettings) -> bool:
    """Tell whether the time for the labels of `night` is over when the night `until` is."""
    return night + timedelta(days=settings.delay_days) <= until


def _said(
    cohort: LabelledCohort, measured: MeasuredPerformance, estimated: EstimatedPerformance, over: bool
) -> LabelledNight:
    labelled = int(np.isfinite(cohort.labels).sum())
    state, reason = _state(len(cohort.scores), labelled, measured, over)
    return LabelledNight(
        night=cohort.night,
        release=cohort.release,
        digest=cohort.digest,
        rows=len(cohort.scores),
        labelled=labelled,
        state=state,
        reason=reason,
        delays=_delays(cohort),
        estimated=estimated.metrics,
        measured=measured.metrics,
    )


def _state(rows: int, labelled: int, measured: MeasuredPerformance, over: bool) -> tuple[LabelState, str | None]:
    if not labelled:
        return (LabelState.NO_LABELS, "time is over, and no label came") if over else (LabelState.WAITING, None)
    if measured.verdict in _STATES:
        return _STATES[measured.verdict], measured.reason
    came = f"{labelled:,} of {rows:,} labels have come, {COMPLETE:.0%} are needed"
    return (LabelState.INCOMPLETE if over else LabelState.WAITING), came


def _delays(cohort: LabelledCohort) -> Delays | None:
    hours = cohort.delays[np.isfinite(cohort.delays)] / 3600
    if not len(hours):
        return None
    median, p95, most = (float(number) for number in np.quantile(hours, (0.5, 0.95, 1.0)))
    return Delays(median=median, p95=p95, most=most)
