"""An assistant's evaluation: every metric with its interval over the queries, and by kind of query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from roadworthy.errors import DataError
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.bounded_means import SHARES, estimate_mean
from roadworthy.evaluation.checks import FEWEST_UNITS
from roadworthy.evaluation.judge_calibration import JudgeCalibration, judged_share
from roadworthy.evaluation.metrics import Floats
from roadworthy.evaluation.queries import QueryKind
from roadworthy.evaluation.repeating import share_within
from roadworthy.evaluation.scored_query import ScoredQuery
from roadworthy.evaluation.values import AnswerMetric, AnyMetric, Estimate, NotMeasured, Value, stable
from roadworthy.exchange.interface import Outcome

MOST_UNJUDGED = 0.05
"""Of the answers; if the judge gave no opinion of more, those that it could judge don't stand for all."""


class Measurement(Value):
    """One metric over the queries that it applies to, or why it has no estimate."""

    queries: int
    """To how many queries it applies."""
    estimate: Estimate | None
    reason: str = ""
    """Why there is no estimate."""
    scorer_share: float | None = Field(default=None, exclude_if=lambda share: share is None)
    """Which share of the interval's variance a scorer that varies adds: more repeats take it away, more queries not."""


class KindSegment(Value):
    """The queries of one kind."""

    kind: QueryKind
    queries: int
    measured: dict[AnswerMetric, Measurement]


class AnswerEvaluation(Value):
    """How good an assistant is on a set of queries."""

    queries: int
    metrics: dict[AnswerMetric, Estimate]
    measured: dict[AnswerMetric, Measurement]
    """The same, with the number of queries; and what was not measured, with the reason."""
    kinds: tuple[KindSegment, ...] = ()
    calibration: JudgeCalibration | None = None
    """How well the judge agrees with people; None without a judge."""
    opinion: Measurement | None = Field(default=None)
    """The share of answers that the judge approves, also where it may only inform."""

    def estimate_of(self, metric: AnyMetric) -> Estimate | NotMeasured:
        """Return the estimate of a metric, or why there is none."""
        if not isinstance(metric, AnswerMetric):
            return NotMeasured(reason="it is not measured of assistants")
        found = self.measured[metric]
        return found.estimate if found.estimate is not None else NotMeasured(reason=found.reason)


def evaluate_answers(
    rows: Sequence[ScoredQuery], how: Resampling, calibration: JudgeCalibration | None = None
) -> AnswerEvaluation:
    """Measure the rows' scores. A judge's opinions count as a metric only with a `calibration` that lets it gate.

    Raises `DataError` when there are no rows, or two of one id.
    """
    check_ids(rows)
    measured = _measured(rows, how, calibration)
    kinds: list[QueryKind] = sorted({row.kind for row in rows})
    return AnswerEvaluation(
        queries=len(rows),
        metrics={metric: one.estimate for metric, one in measured.items() if one.estimate is not None},
        measured=measured,
        kinds=tuple(_segment(kind, [row for row in rows if row.kind == kind], how, calibration) for kind in kinds),
        calibration=calibration,
        opinion=_measurement(_judged(rows, calibration), how) if calibration else None,
    )


def shares_of(rows: Sequence[ScoredQuery], metric: AnswerMetric, calibration: JudgeCalibration | None) -> Floats:
    """Return each row's score of the metric from 0 to 1, NaN where it does not apply or may not be used."""
    if metric is AnswerMetric.JUDGE and _why_no_judge(rows, calibration):
        return np.full(len(rows), np.nan)
    if metric is AnswerMetric.JUDGE:
        return _judged(rows, calibration)
    return _floats([row.share(metric) for row in rows])


def check_ids(rows: Sequence[ScoredQuery]) -> None:
    """Raise `DataError` unless there are rows, each with an id of its own."""
    ids = [row.id for row in rows]
    twice = next((one for one in ids if ids.count(one) > 1), None) if len(set(ids)) < len(ids) else None
    if not rows or twice is not None:
        raise DataError(
            f"the query {twice} was scored twice" if twice else "there are no scored queries",
            where="scored queries: id",
            remedy="score each query once",
        )


def _segment(
    kind: QueryKind, rows: list[ScoredQuery], how: Resampling, calibration: JudgeCalibration | None
) -> KindSegment:
    measured = _measured(rows, how, calibration)
    return KindSegment(
        kind=kind, queries=len(rows), measured={name: one for name, one in measured.items() if one.queries}
    )


def _measured(
    rows: Sequence[ScoredQuery], how: Resampling, calibration: JudgeCalibration | None
) -> dict[AnswerMetric, Measurement]:
    found = {
        metric: _measurement(shares_of(rows, metric, calibration), how, _scorer_share(rows, metric))
        for metric in AnswerMetric
    }
    if found[AnswerMetric.JUDGE].estimate is None:
        reason = _why_no_judge(rows, calibration) or found[AnswerMetric.JUDGE].reason
        found[AnswerMetric.JUDGE] = Measurement(queries=0, estimate=None, reason=reason)
    return found


def _scorer_share(rows: Sequence[ScoredQuery], metric: AnswerMetric) -> float | None:
    """Return the share of the variance that comes from a scorer that varies; None where none did."""
    scored = [(share, row.repeated.get(metric)) for row in rows if (share := row.share(metric)) is not None]
    within = [repeated.variance_of_mean / metric.top**2 if repeated else 0.0 for _, repeated in scored]
    found = share_within([share for share, _ in scored], within)
    return None if found is None else stable(found)


def _measurement(shares: Floats, how: Resampling, scorer_share: float | None = None) -> Measurement:
    applicable = shares[~np.isnan(shares)]
    if len(applicable) < FEWEST_UNITS:
        reason = f"it applies to {len(applicable)} queries, fewer than {FEWEST_UNITS}"
        return Measurement(queries=len(applicable), estimate=None, reason=reason)
    estimate = estimate_mean(applicable, SHARES, how)
    return Measurement(queries=len(applicable), estimate=estimate, scorer_share=scorer_share)


def _judged(rows: Sequence[ScoredQuery], calibration: JudgeCalibration | None) -> Floats:
    return _floats([judged_share(row.opinion, calibration) for row in rows])


def _why_no_judge(rows: Sequence[ScoredQuery], calibration: JudgeCalibration | None) -> str:
    """Return why the judge's opinions of the rows may not count; empty when they may."""
    if calibration is None:
        return "no judge was asked"
    if not calibration.may_gate:
        return calibration.reason
    answered = [row for row in rows if row.outcome is Outcome.ANSWERED]
    unjudged = sum(judged_share(row.opinion, calibration) is None for row in answered)
    if unjudged <= MOST_UNJUDGED * len(answered):
        return ""
    return f"{unjudged} of {len(answered)} answers have no opinion of the judge that was calibrated"


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
