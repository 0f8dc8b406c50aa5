"""The occasion: a minute has passed, and a release may be in canary."""

from __future__ import annotations

import logging

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from roadworthy.canary.settings import CanaryParams
from roadworthy.canary.watching import Watched
from roadworthy.clock import utc_now
from roadworthy.errors import RoadworthyError
from roadworthy.params.loading import load_params
from roadworthy.release.entries import Entry
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from roadworthy.store import Store
from tasks.alerting import report
from tasks.canary_alerts import canary_findings, canary_scope
from tasks.canary_watch import act_on, look_at_canary
from tasks.perform import PARAMS_FILE
from tasks.registry.connect import connect
from tasks.registry.mirror import mirror_standing
from tasks.stores import open_store

_LEDGERS = "ledger/"


@flow(name="watch_canary", validate_parameters=False, persist_result=False)
def watch_canary(capability: str | None = None) -> tuple[Watched, ...]:
    """Look at each canary, or at one capability's: ramp it, hold it, take it back or promote it, as its plan says.

    All are looked at before the first error is raised: a ledger that is damaged must not keep another's bad canary up.
    """
    settings = Settings()
    store = open_store(settings.store_address)
    plans = load_params(settings.root.resolve() / PARAMS_FILE).canary
    looks, errors = [], []
    for name in (capability,) if capability else _capabilities(store):
        try:
            seen = watch(Ledger(store, name), settings, plans.get(name, CanaryParams()))
        except RoadworthyError as error:
            errors.append(error)
            continue
        looks += [seen] if seen else []
    for first in errors[:1]:
        raise first
    return tuple(looks)


def watch(ledger: Ledger, settings: Settings, plan: CanaryParams) -> Watched | None:
    """Look at one canary, act, tell people, and then MLflow: what was taken back is seen by no later look."""
    seen = look(ledger, settings, plan)
    acted = act(seen, ledger) if seen else ()
    alert(seen, ledger, settings)
    if seen and acted:
        mirror(ledger, settings, seen.canary.release)
    return seen


@task(task_run_name="look at {ledger.capability}", cache_policy=NO_CACHE, persist_result=False)
def look(ledger: Ledger, settings: Settings, plan: CanaryParams) -> Watched | None:
    """Judge the canary by what telemetry says, if there is one."""
    seen = look_at_canary(ledger, settings, plan, utc_now())
    if seen is not None:
        canary = seen.canary
        _say(f"{canary.capability}@{canary.release} at {canary.share:.0%}: {seen.judgement.summary}\n{seen.action}")
    return seen


@task(task_run_name="act on {seen.canary.capability}", cache_policy=NO_CACHE, persist_result=False)
def act(seen: Watched, ledger: Ledger) -> tuple[Entry, ...]:
    """Do what the plan says: entries in the ledger, which the gateways follow within a second."""
    return act_on(seen, ledger)


@task(task_run_name="mirror {ledger.capability}", cache_policy=NO_CACHE, persist_result=False)
def mirror(ledger: Ledger, settings: Settings, release: int) -> None:
    """Make MLflow say what the ledger says; when it is down, traffic has moved all the same."""
    mirror_standing(connect(settings, _say), ledger, {release})


@task(task_run_name="alert of {ledger.capability}", cache_policy=NO_CACHE, persist_result=False)
def alert(seen: Watched | None, ledger: Ledger, settings: Settings) -> None:
    """Tell people of a canary that was taken back or waits for them; a channel that is down holds up nothing."""
    findings = canary_findings((seen,) if seen else ())
    report(settings, ledger.store, canary_scope(ledger.capability), findings, _say)


def _capabilities(store: Store) -> tuple[str, ...]:
    return tuple(sorted({key.removeprefix(_LEDGERS).split("/")[0] for key in store.keys(_LEDGERS)}))


def _say(text: str) -> None:
    logging.getLogger("roadworthy").info(text)
