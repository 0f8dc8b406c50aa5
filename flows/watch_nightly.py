"""The occasion: a night is over."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from roadworthy.settings import Settings
from roadworthy.store import Store
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.sealing import seal_segments
from tasks.night import Night, read_night, write_night
from tasks.stores import open_store

_LEDGERS = "ledger/"


@flow(name="watch_nightly", flow_run_name="night {night}", validate_parameters=False, persist_result=False)
def watch_nightly(night: str | None = None) -> Night:
    """Seal telemetry, read the night that is over (or `night`, such as 2026-11-22), judge its promises, and report."""
    settings = Settings()
    store = open_store(settings.store_address)
    seal(store, settings)
    found = judge(store, _day(night))
    report(found, settings)
    return found


@task(cache_policy=NO_CACHE, persist_result=False)
def seal(store: Store, settings: Settings) -> None:
    """Bring what this machine's gateways wrote into the store; other machines' seal their own."""
    sealed = seal_segments(settings.home_path / OPEN, store)
    _say(f"sealed {sealed.events:,} events of {sealed.segments} segments")


@task(cache_policy=NO_CACHE, persist_result=False)
def judge(store: Store, night: date) -> Night:
    """Read the night, for every capability that has a ledger."""
    names = sorted({key.removeprefix(_LEDGERS).split("/")[0] for key in store.keys(_LEDGERS)})
    return read_night(store, night, tuple(names))


@task(cache_policy=NO_CACHE, persist_result=False)
def report(night: Night, settings: Settings) -> None:
    """Keep the night as JSON, and show it on the run's page."""
    path = write_night(night, settings.root.resolve())
    create_markdown_artifact(_page(night), key="night", description=f"the night of {night.night}")
    _say(f"{'somebody has to look' if night.needs_somebody else 'nothing to do'}: {path}")


def _page(night: Night) -> str:
    lines = [f"# The night of {night.night}", "", "| capability | release | arm | requests | success | p95 | verdict |"]
    lines.append("|---|---|---|---|---|---|---|")
    for one in night.capabilities:
        for figures in one.figures:
            success = "-" if figures.success_rate is None else f"{figures.success_rate:.1%}"
            p95 = f"{figures.latency.p95:.3f} s" if figures.latency else "-"
            lines.append(
                f"| {one.capability} | {figures.release} | {figures.arm} | {figures.requests:,} | {success} | {p95} "
                f"| {one.verdict} |"
            )
        if not one.figures:
            lines.append(f"| {one.capability} | - | - | 0 | - | - | {one.verdict} |")
    return "\n".join(lines)


def _day(text: str | None) -> date:
    return date.fromisoformat(text) if text else datetime.now(UTC).date() - timedelta(days=1)


def _say(text: str) -> None:
    logging.getLogger("roadworthy").info(text)
