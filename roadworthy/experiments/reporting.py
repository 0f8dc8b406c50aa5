"""Puts an experiment's report together: the split, the metric that decides, and all others beside it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from roadworthy.errors import DataError
from roadworthy.experiments.comparing import ALPHA, Comparison, Effect, compare
from roadworthy.experiments.observing import currencies_in, measured, people_in
from roadworthy.experiments.plan import ExperimentPlan
from roadworthy.experiments.report import ExperimentReport, ExperimentVerdict, MetricReport, SplitCheck, SplitVerdict
from roadworthy.experiments.split_check import check_split
from roadworthy.release.experiment_metric import ExperimentMetric

if TYPE_CHECKING:
    import pyarrow as pa

_POINTS = 60
"""So many looks are drawn."""


def report_on(plan: ExperimentPlan, events: pa.Table, now: datetime) -> ExperimentReport:
    """Report on an experiment as it stands, from the events of all capabilities since its start.

    All is compared anew at each look: late events take their place. Raises `DataError` where costs decide, and were
    paid in several currencies: nobody knows their sum.
    """
    paid = currencies_in(events, plan, now)
    _refuse_sums(plan, paid)
    split = check_split(people_in(events, plan, now), plan.share)
    found, effect = measured(events, plan, plan.metric, now), Effect(plan.metric, plan.smallest_effect)
    deciding = compare(found, effect, _POINTS)
    verdict, reason = _verdict(split, deciding)
    return ExperimentReport(
        plan=plan,
        at=now,
        verdict=verdict,
        reason=reason,
        split=split,
        decides=deciding.report,
        beside=_beside(plan, events, now, paid),
        path=deciding.path,
        remarks=_remarks(plan, split, paid),
    )


def _verdict(split: SplitCheck, deciding: Comparison) -> tuple[ExperimentVerdict, str]:
    if split.verdict is SplitVerdict.BROKEN:
        return ExperimentVerdict.NOT_YET, "people did not come to the arms as planned: no figure means anything"
    return deciding.report.verdict, deciding.report.reason


def _refuse_sums(plan: ExperimentPlan, paid: tuple[str, ...]) -> None:
    if plan.metric is ExperimentMetric.COST and len(paid) > 1:
        raise DataError(
            f"its requests were paid in {_several(paid)}, which can't be added",
            where=f"experiment {plan.name} of {plan.capability}",
            remedy="give both releases prices in one currency, and start a new experiment; or decide by tokens",
        )


def _several(paid: tuple[str, ...]) -> str:
    return " and ".join(name or "an unknown currency" for name in paid)


def _beside(plan: ExperimentPlan, events: pa.Table, now: datetime, paid: tuple[str, ...]) -> tuple[MetricReport, ...]:
    """Return the metrics that don't decide, where both arms have figures; alpha is shared among them."""
    others = [metric for metric in ExperimentMetric if metric is not plan.metric]
    alpha = ALPHA / len(others)
    summed = [one for one in others if one is not ExperimentMetric.COST or len(paid) <= 1]
    reports = [compare(measured(events, plan, one, now), Effect(one, one.usual_effect, alpha)).report for one in summed]
    return tuple(report for report in reports if report.treatment.people and report.control.people)


def _remarks(plan: ExperimentPlan, split: SplitCheck, paid: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    if len(paid) > 1:
        found.append(f"costs are not compared: requests were paid in {_several(paid)}")
    if not plan.stated:
        found.append("metric and smallest effect were not stated at the start: these are the usual ones")
    if len(plan.control) > 1:
        releases = ", ".join(map(str, plan.control))
        found.append(f"production changed meanwhile (releases {releases}): compared with each of them")
    if split.crossed:
        found.append(f"{split.crossed:,} people met both arms; they count in the one that they met first")
    if plan.metric in (ExperimentMetric.THUMBS, ExperimentMetric.RESOLVED):
        found.append("only people who said something are compared: a treatment may also change who speaks")
    return tuple(found)
