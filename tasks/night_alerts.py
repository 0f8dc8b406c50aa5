"""What a night says that people are told of: promises used up too fast, drift that lasts, harm, and silence."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from roadworthy.alerts.alert import AlertKind, Finding, word_of
from roadworthy.alerts.noting import Scope
from roadworthy.drift.kinds.interface import State
from roadworthy.drift.report import NightSaid
from roadworthy.drift.verdicts import Verdict
from roadworthy.labels.report import Moved
from roadworthy.performance.trigger import TriggerVerdict
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from roadworthy.service_levels.budget import BudgetReport, BudgetVerdict
from roadworthy.service_levels.objectives import Severity
from roadworthy.store import Store
from tasks.drift_night import CapabilityDrift
from tasks.night import CapabilityNight, Night
from tasks.night_assistants import AssistantDrift
from tasks.weekly_alerts import WEEKLY

SCOPE = Scope(
    frozenset({AlertKind.SERVICE_LEVEL, AlertKind.DRIFT, AlertKind.QUALITY, AlertKind.NO_DATA}),
    besides=frozenset({WEEKLY}),
)
"""What a night sees."""
_MOST_COLUMNS = 20
"""So many columns of a drift become alerts: those that moved most."""


def night_findings(store: Store, night: Night) -> tuple[Finding, ...]:
    """Return what people have to be told of a night. Raises as reading a ledger does."""
    return tuple(chain.from_iterable(_of_capability(store, one) for one in night.capabilities))


def _of_capability(store: Store, one: CapabilityNight) -> Iterator[Finding]:
    for budget in one.budgets:
        yield from _of_budget(one.capability, budget)
    if one.drift is not None:
        yield from _of_drift(one.capability, one.drift)
    if one.assistant is not None:
        yield from _of_assistant(one.assistant)
    if one.labels is not None and one.labels.drift is not None:
        yield from _of_labels(one.capability, one.labels.drift)
    if not one.figures:
        live = standing_of(one.capability, Ledger(store, one.capability).entries()).production
        if live is not None:
            yield Finding(
                kind=AlertKind.NO_DATA,
                capability=one.capability,
                release=live.number,
                severity=Severity.TICKET,
                measure="requests",
                measured=0,
                bound=1,
            )


def _of_assistant(drift: AssistantDrift) -> Iterator[Finding]:
    for one in drift.verdicts:
        if one.state is State.DRIFT:
            yield _drift(drift.capability, None, one.kind, one.effect)
        elif one.state is State.UNKNOWN_SCHEMA:
            yield _drift(drift.capability, None, f"{one.kind}.not_judged", None)


def _of_labels(capability: str, moved: Moved) -> Iterator[Finding]:
    # That nobody brings labels is no alarm: most services have none.
    if moved.state == State.DRIFT:
        yield _drift(capability, None, "labels", None)


def _of_budget(capability: str, budget: BudgetReport) -> Iterator[Finding]:
    fired = [burn for burn in budget.burns if burn.fires]
    if not fired and budget.verdict is not BudgetVerdict.SPENT:
        return
    # The fastest look comes first: it is the most urgent.
    worst = fired[0] if fired else None
    yield Finding(
        kind=AlertKind.SERVICE_LEVEL,
        capability=capability,
        severity=Severity.PAGE if budget.verdict is BudgetVerdict.PAGE else Severity.TICKET,
        measure=f"{budget.objective.kind}.{'burn_rate' if worst else 'budget_left'}",
        measured=worst.long_rate if worst else budget.left,
        bound=worst.threshold if worst else 0,
    )


def _of_drift(capability: str, drift: CapabilityDrift) -> Iterator[Finding]:
    if drift.decision is not None and drift.decision.verdict is TriggerVerdict.RETRAIN:
        decided = drift.decision
        yield Finding(
            kind=AlertKind.QUALITY,
            capability=capability,
            severity=Severity.TICKET,
            measure="nights_with_harm",
            measured=decided.harmed,
        )
    for report in drift.reports:
        if report.verdict is NightSaid.NOT_JUDGED:
            yield _drift(capability, report.release, "not_judged", None)
        moved = [column for column in report.columns if column.verdict is Verdict.DRIFT] if drift.lasts else []
        for column in moved[:_MOST_COLUMNS]:
            yield _drift(capability, report.release, word_of(column.name), column.importance)


def _drift(capability: str, release: int | None, measure: str, importance: float | None) -> Finding:
    """The bound of importance is 1: from there on a change matters."""
    return Finding(
        kind=AlertKind.DRIFT,
        capability=capability,
        release=release or 0,
        severity=Severity.TICKET,
        measure=measure,
        measured=importance,
        bound=None if importance is None else 1,
    )
