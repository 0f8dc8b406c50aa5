"""The occasion: a minute has passed, and a release may be in canary."""

from __future__ import annotations

import logging

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from roadworthy.canary.settings import CanaryParams
from roadworthy.canary.watching import Watched
from roadworthy.params.loading import load_params
from roadworthy.release.entries import Entry
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from roadworthy.store import Store
from tasks.alerting import report
from tasks.canary_alerts import canary_findings, canary_scope
from tasks.canary_watch import act_on, look_at_canary, utc_now
from tasks.perform import PARAMS_FILE
from tasks.registry.connect import connect
from tasks.registry.mirror import mirror_standing
from tasks.stores import open_store

_LEDGERS = "ledger/"


@flow(name="watch_canary", validate_parameters=False, persist_result=False)
def watch_canary(capability: str | None = None) -> tuple[Watched, ...]:
    """Look at each canary, or at one capability's: ramp it, hold it, take it back or promote it, as its plan says."""
    settings = Settings()
    store = open_store(settings.store_address)
    plans = load_params(settings.root.resolve() / PARAMS_FILE).canary
    looks = []
    for name in (capability,) if capability else _capabilities(store):
        ledger = Ledger(store, name)
        seen = look(ledger, settings, plans.get(name, CanaryParams()))
        if seen is None:
            continue
        looks.append(seen)
        if act(seen, ledger):
            mirror(ledger, settings, seen.canary.release)
    alert(tuple(looks), capability, store, settings)
    return tuple(looks)


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


@task(cache_policy=NO_CACHE, persist_result=False)
def alert(looks: tuple[Watched, ...], capability: str | None, store: Store, settings: Settings) -> None:
    """Tell people of canaries that were taken back or wait for them; a channel that is down holds up nothing."""
    report(settings, store, canary_scope(capability), canary_findings(looks), _say)


def _capabilities(store: Store) -> tuple[str, ...]:
    return tuple(sorted({key.removeprefix(_LEDGERS).split("/")[0] for key in store.keys(_LEDGERS)}))


def _say(text: str) -> None:
    logging.getLogger("roadworthy").info(text)
