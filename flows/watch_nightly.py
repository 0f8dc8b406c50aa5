"""The occasion: a night is over."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.capability_events import tell_drift_confirmed, tell_drift_seen, tell_quality_dropped
from flows.dashboard_page import draw_dashboards
from flows.night_page import night_page
from flows.night_quality import evaluate_answers
from roadworthy.alerts.alert import Finding
from roadworthy.alerts.heartbeat import beat
from roadworthy.drift.served.interface import COUNTED
from roadworthy.drift.served.sealing import seal_counts
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from roadworthy.settings import Settings
from roadworthy.store import Store
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.sealing import seal_segments
from tasks.alerting import report as report_alerts
from tasks.assistant_nights import with_assistants
from tasks.blind_nights import blind_findings
from tasks.drift_night import CapabilityDrift
from tasks.label_settings import label_settings_in
from tasks.night import Night, read_night, write_night
from tasks.night_alerts import SCOPE, night_findings
from tasks.promises import promised_in
from tasks.retraining_call import Call, retraining_call
from tasks.stores import open_store

_LEDGERS = "ledger/"


@flow(name="watch_nightly", flow_run_name="night {night}", validate_parameters=False, persist_result=False)
def watch_nightly(night: str | None = None) -> Night:
    """Seal telemetry, read the night that is over (or `night`, such as 2026-11-22), judge promises and drift, report.

    A night that is named is only read again: what it called for is not called for twice. Answers that can't be scored
    fail the flow at its end, when people were told of all that could be read.
    """
    settings = Settings()
    store = open_store(settings.store_address)
    seal(store, settings)
    found = judge_assistants(store, judge(store, _day(night), settings), settings, probes=night is None)
    report(found, settings)
    scored = evaluate_answers(store, settings, found, tells=night is None)
    if night is None:
        alert(store, found, scored.findings, settings)
        tell(store, found)
    draw_dashboards(store, settings)
    for first in scored.errors[:1]:
        raise first
    if night is None:
        say_alive(settings)
    return found


@task(cache_policy=NO_CACHE, persist_result=False)
def seal(store: Store, settings: Settings) -> None:
    """Bring what this machine's gateways wrote into the store; other machines' seal their own."""
    sealed = seal_segments(settings.home_path / OPEN, store)
    counted = seal_counts(settings.home_path / COUNTED, store)
    _say(f"sealed {sealed.events:,} events of {sealed.segments} segments, {counted.rows:,} counted rows")


@task(cache_policy=NO_CACHE, persist_result=False)
def judge(store: Store, night: date, settings: Settings) -> Night:
    """Read the night, for every capability that has a ledger."""
    names = sorted({key.removeprefix(_LEDGERS).split("/")[0] for key in store.keys(_LEDGERS)})
    root = settings.root.resolve()
    return read_night(store, night, tuple(names), promised_in(root), label_settings_in(root))


@task(cache_policy=NO_CACHE, persist_result=False)
def judge_assistants(store: Store, night: Night, settings: Settings, probes: bool) -> Night:
    """Ask assistants in production their pinned questions, and judge topics, prompts, tools and retrieval."""
    return with_assistants(night, store, settings, _say, probes=probes)


@task(cache_policy=NO_CACHE, persist_result=False)
def report(night: Night, settings: Settings) -> None:
    """Keep the night as JSON, and show it on the run's page."""
    path = write_night(night, settings.root.resolve())
    create_markdown_artifact(night_page(night), key="night", description=f"the night of {night.night}")
    _say(f"{'somebody has to look' if night.needs_somebody else 'nothing to do'}: {path}")


@task(cache_policy=NO_CACHE, persist_result=False)
def tell(store: Store, night: Night) -> None:
    """Say what calls for a retraining, and which drift lasts."""
    for one in night.capabilities:
        if one.drift is not None:
            _tell_of(one.capability, one.drift, store, night.night)


@task(cache_policy=NO_CACHE, persist_result=False)
def alert(store: Store, night: Night, of_answers: tuple[Finding, ...], settings: Settings) -> None:
    """Tell people what they have to look at; a channel that is down holds up nothing."""
    blind = blind_findings(settings.root.resolve(), night)
    report_alerts(settings, store, SCOPE, (*night_findings(store, night), *blind, *of_answers), _say)


@task(cache_policy=NO_CACHE, persist_result=False)
def say_alive(settings: Settings) -> None:
    """Tell the service that would miss it, where there is one, that the night was read."""
    if settings.heartbeat_url and not beat(settings.heartbeat_url):
        _say("the heartbeat did not arrive at ROADWORTHY_HEARTBEAT_URL")


def _tell_of(capability: str, drift: CapabilityDrift, store: Store, night: date) -> None:
    call = retraining_call(drift, standing_of(capability, Ledger(store, capability).entries()), night)
    if call.verdict is Call.DRIFT_CONFIRMED:
        tell_drift_confirmed(capability, call.reason)
    elif call.verdict is Call.QUALITY_DROPPED:
        tell_quality_dropped(capability, call.reason)
    elif call.verdict is Call.DRIFT_SEEN:
        tell_drift_seen(capability, call.reason)
    if call.verdict is not Call.NOTHING:
        _say(f"{capability}: {call.verdict}: {call.reason}")


def _day(text: str | None) -> date:
    return date.fromisoformat(text) if text else datetime.now(UTC).date() - timedelta(days=1)


def _say(text: str) -> None:
    logging.getLogger("roadworthy").info(text)
