"""The occasion: a week has passed, and what is in production should still be as good as when it was released."""

from __future__ import annotations

import logging

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.capability_events import tell_quality_dropped
from roadworthy.alerts.alert import Finding
from roadworthy.errors import RoadworthyError
from roadworthy.release.entries import Entry, EvidenceRecorded
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from roadworthy.store import Store
from tasks.alerting import report
from tasks.stores import open_store
from tasks.weekly_alerts import not_evaluated, weekly_findings, weekly_scope
from tasks.weekly_evaluation import evaluate_production

_LEDGERS = "ledger/"


@flow(name="evaluate_weekly", validate_parameters=False, persist_result=False)
def evaluate_weekly(capability: str | None = None) -> tuple[Entry, ...]:
    """Evaluate each capability's production release again, or one's; a verdict `fail` asks for a new release.

    All are evaluated before the first error is raised: an endpoint that is down must not hide what another shows.
    """
    settings = Settings()
    store = open_store(settings.store_address)
    entries, errors = [], []
    for name in (capability,) if capability else _capabilities(store):
        try:
            entry = look_again(Ledger(store, name), settings)
            entries.append(entry)
            found = weekly_findings(name, entry)
        except RoadworthyError as error:
            errors.append(error)
            found = not_evaluated(name)
        alert(name, found, store, settings)
    for error in errors[:1]:
        raise error
    return tuple(entry for entry in entries if entry)


@task(task_run_name="evaluate {ledger.capability}", cache_policy=NO_CACHE, persist_result=False)
def look_again(ledger: Ledger, settings: Settings) -> Entry | None:
    """Evaluate, record the evidence, and say so when quality is below its gates."""
    entry = evaluate_production(ledger, settings, _say)
    if entry and isinstance(entry.fact, EvidenceRecorded):
        found = entry.fact
        _say(f"{ledger.capability}@{found.release}: {found.summary}")
        if found.verdict == "fail":
            tell_quality_dropped(ledger.capability, found.summary)
    return entry


@task(task_run_name="alert of {capability}", cache_policy=NO_CACHE, persist_result=False)
def alert(capability: str, findings: tuple[Finding, ...], store: Store, settings: Settings) -> None:
    """Tell people what they have to look at, and what is as good again; a channel that is down holds up nothing."""
    report(settings, store, weekly_scope(capability), findings, _say)


def _capabilities(store: Store) -> tuple[str, ...]:
    return tuple(sorted({key.removeprefix(_LEDGERS).split("/")[0] for key in store.keys(_LEDGERS)}))


def _say(text: str) -> None:
    logging.getLogger("roadworthy").info(text)
