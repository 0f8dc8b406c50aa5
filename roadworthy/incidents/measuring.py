"""Measures what an incident came to: requests, errors, budgets and money, from telemetry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from roadworthy.incidents.findings import BudgetSpent, Figures, ReleaseFigures, Spent
from roadworthy.service_levels.budget import judge_budget
from roadworthy.service_levels.consumption import consumption_of
from roadworthy.service_levels.figures import ServiceFigures, figures_of
from roadworthy.service_levels.objectives import CostObjective, LatencyObjective, SuccessObjective

if TYPE_CHECKING:
    import pyarrow as pa

Promise = SuccessObjective | LatencyObjective | CostObjective


@dataclass(frozen=True)
class Measured:
    """What is to be measured: a capability from `since` up to, not with, `until`."""

    capability: str
    since: datetime
    until: datetime
    promises: tuple[Promise, ...]


def figures_from(events: pa.Table, wanted: Measured) -> Figures:
    """Return the figures, from a table that `read_events` returned of all capabilities.

    The events reach back the longest promise's window from `until`, since the part of a budget is a part of that.
    """
    # Late imports: start-up time.
    import pyarrow as pa
    import pyarrow.compute as pc

    since, until = (pa.scalar(moment, events["at"].type) for moment in (wanted.since, wanted.until))
    during = events.filter(pc.and_(pc.greater_equal(events["at"], since), pc.less(events["at"], until)))
    own = [one for one in figures_of(during) if one.capability == wanted.capability]
    return Figures(
        since=wanted.since,
        until=wanted.until,
        requests=sum(one.requests for one in own),
        errors=sum(one.errors + one.timeouts for one in own),
        refused=sum(one.refused for one in own),
        escalated=sum(one.escalated for one in own),
        thumbs_down=sum(one.thumbs_down for one in own),
        releases=tuple(_of_release(one) for one in own),
        budgets=tuple(_spent(events, wanted, promise) for promise in wanted.promises),
        costs=tuple(_costs(during, wanted.capability)),
    )


def _of_release(one: ServiceFigures) -> ReleaseFigures:
    return ReleaseFigures(
        release=one.release,
        arm=one.arm,
        requests=one.requests,
        errors=one.errors + one.timeouts,
        p95_seconds=one.latency.p95 if one.latency else None,
    )


def _spent(events: pa.Table, wanted: Measured, promise: Promise) -> BudgetSpent:
    consumption = consumption_of(events, wanted.capability, promise)
    report = judge_budget(promise, consumption, wanted.until)
    return BudgetSpent(
        promise=promise.kind,
        window_days=promise.window_days,
        used=consumption.between(wanted.since, wanted.until).amount,
        allowed=report.allowed,
        left=report.left if report.requests else None,
    )


def _costs(events: pa.Table, capability: str) -> Iterable[Spent]:
    """Each currency for itself: one release may be paid in several."""
    import pyarrow.compute as pc

    paid = events.filter(pc.and_(pc.equal(events["capability"], capability), pc.not_equal(events["currency"], "")))
    amounts: dict[str, Decimal] = {}
    for line in paid.group_by(["currency"]).aggregate([("cost", "sum")]).to_pylist():
        amounts[line["currency"]] = line["cost_sum"]
    return [Spent(currency=name, amount=amounts[name]) for name in sorted(amounts)]
