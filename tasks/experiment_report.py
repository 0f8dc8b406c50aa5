"""Reads what an experiment's report needs: the capability's ledger, and telemetry since the experiment began."""

from __future__ import annotations

from datetime import datetime, timedelta

from roadworthy.experiments.plan import plan_of
from roadworthy.experiments.report import ExperimentReport
from roadworthy.experiments.reporting import report_on
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.reading import Window, read_events

FEEDBACK_COMES = timedelta(days=7)
"""So long after its end people may still say how it went."""


def report_experiment(ledger: Ledger, settings: Settings, name: str | None, now: datetime) -> ExperimentReport:
    """Report on the latest experiment, or the latest one called `name`, as it stands `now`.

    Raises `UnknownName` when there is none, and as `read_events` does.
    """
    plan = plan_of(ledger.capability, ledger.entries(), name)
    until = min(now, plan.ended + FEEDBACK_COMES) if plan.ended else now
    # Of all capabilities: what users say of an answer names the answer alone.
    events = read_events(ledger.store, Window(min(plan.started, until), until), segments=settings.home_path / OPEN)
    return report_on(plan, events, now)
