"""A morning on which a bad release went live: ledger, telemetry, audit log and a night's report, all real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
from fakes.any_events import an_event

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.noting import Scope, note
from roadworthy.alerts.settings import AlertParams
from roadworthy.audit.facts import Administered, GuardBlock, GuardBlocks, Switched
from roadworthy.audit.log import AuditLog
from roadworthy.digest import digest_bytes
from roadworthy.incidents.book import IncidentBook
from roadworthy.release.entries import Actor, Fact, Moved, Released, RolledBack, Stage, SwitchedOff
from roadworthy.release.ledger import Ledger
from roadworthy.service_levels.budget import judge_budget
from roadworthy.service_levels.consumption import Consumption
from roadworthy.service_levels.objectives import Severity, SuccessObjective
from roadworthy.store import LocalStore, Store
from roadworthy.telemetry.event import Ending, Event
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.recorder import SegmentRecorder
from roadworthy.telemetry.sealing import seal_segments
from tasks.night import CapabilityNight, Night, write_night

CAPABILITY = "bank-helpdesk"
ANN = Actor(name="ann")
LIVE_AT = datetime(2024, 7, 14, 10, tzinfo=UTC)
"""Release 2 goes live, and every fourth request to it fails."""
ROLLED_BACK_AT = LIVE_AT + timedelta(minutes=20)
BEGIN, END, EVERY = LIVE_AT - timedelta(hours=2), LIVE_AT + timedelta(hours=1), timedelta(seconds=6)


def minute(number: float) -> datetime:
    """Return the moment so many minutes after release 2 went live."""
    return LIVE_AT + timedelta(minutes=number)


def requests() -> Iterator[Event]:
    """One each 6 seconds, from two hours before to one hour after, each for a hundredth of a dollar."""
    at, number = BEGIN, 0
    while at < END:
        release = 2 if LIVE_AT <= at < ROLLED_BACK_AT else 1
        ending = Ending.ERROR if release == 2 and number % 4 == 0 else Ending.ANSWERED
        one = an_event(f"r{number:05d}", at, ending=ending, capability=CAPABILITY, release=release, arm="production")
        yield replace(one, cost=Decimal("0.01"), currency="USD", tenant="t-secret", user="u-secret")
        at, number = at + EVERY, number + 1


def lay_out(root: Path) -> Store:
    """Make the store of a repository at `root`, with what happened up to an hour after; return it."""
    store = LocalStore(root / ".roadworthy" / "store")
    _record_telemetry(root, store)
    _write_ledger(store)
    _write_audit_log(store)
    _raise_alerts(store)
    _write_night(root)
    return store


def lay_out_more(store: Store) -> None:
    """Add two releases that went live since and one in canary, and a model with two releases beside it."""
    moves = {Stage.PRODUCTION: (Stage.STAGING, Stage.PRODUCTION), Stage.CANARY: (Stage.STAGING, Stage.CANARY)}
    for capability, number, stage in (
        (CAPABILITY, 3, Stage.PRODUCTION),
        (CAPABILITY, 4, Stage.PRODUCTION),
        (CAPABILITY, 5, Stage.CANARY),
        ("flight-delay", 1, Stage.PRODUCTION),
        ("flight-delay", 2, Stage.PRODUCTION),
    ):
        digest = digest_bytes(f"{capability}@{number}".encode())
        facts: list[Fact] = [Released(release=number, digest=digest, commit="c" * 40, clean_work_tree=True)]
        facts += [Moved(release=number, stage=one) for one in moves[stage]]
        for fact in facts:
            Ledger(store, capability, lambda: END).record(lambda _, fact=fact: fact, ANN)


def book(store: Store, at: datetime) -> IncidentBook:
    """Return the book as somebody has it at this moment."""
    return IncidentBook(store, lambda: at)


def _record_telemetry(root: Path, store: Store) -> None:
    recorder = SegmentRecorder(root / ".roadworthy" / OPEN)
    for event in requests():
        recorder.record(event)
    recorder.close()
    seal_segments(root / ".roadworthy" / OPEN, store)


def _write_ledger(store: Store) -> None:
    facts: list[tuple[datetime, Fact]] = []
    for number, at in ((1, BEGIN - timedelta(days=3)), (2, LIVE_AT)):
        digest = digest_bytes(str(number).encode())
        facts.append((at, Released(release=number, digest=digest, commit="c" * 40, clean_work_tree=True)))
        facts += [(at, Moved(release=number, stage=stage)) for stage in (Stage.STAGING, Stage.PRODUCTION)]
    facts.append((minute(16), SwitchedOff(target="tools", reason="to be safe")))
    facts.append((ROLLED_BACK_AT, RolledBack(release=2, to=1, reason="call ann@bank.example or +49 30 901820")))
    for at, fact in facts:
        Ledger(store, CAPABILITY, lambda at=at: at).record(lambda _, fact=fact: fact, ANN)


def _write_audit_log(store: Store) -> None:
    by, blocked = "b" * 64, {"guard": "secrets", "place": "output", "request": "r1"}
    own = GuardBlock(at=minute(3), capability=CAPABILITY, **blocked)
    other = GuardBlock(at=minute(3), capability="other", **blocked)
    AuditLog(store, lambda: minute(4)).record(GuardBlocks(blocks=(own, own, other)))
    AuditLog(store, lambda: minute(9)).record(Administered(act="key revoked", key="k-1", by=by))
    AuditLog(store, lambda: minute(16)).record(
        Switched(capability=CAPABILITY, target="tools", off=True, entry=7, by=by)
    )
    AuditLog(store, lambda: minute(17)).record(Switched(capability="other", target="tools", off=True, entry=3, by=by))


def _raise_alerts(store: Store) -> None:
    failing = Finding(
        kind=AlertKind.SERVICE_LEVEL,
        capability=CAPABILITY,
        release=2,
        severity=Severity.PAGE,
        measure="success",
        measured=25,
        bound=14.4,
    )
    slow = failing.model_copy(update={"measure": "latency", "measured": 16.5})
    elsewhere = failing.model_copy(update={"capability": "other"})
    scope = Scope(frozenset({AlertKind.SERVICE_LEVEL}))
    for at, findings in ((4, (slow, elsewhere)), (6, (slow, failing)), (28, ())):
        now = minute(at)
        AlertLog(store).change(partial(note, scope=scope, findings=findings, now=now, params=AlertParams()), now)


def _write_night(root: Path) -> None:
    """The night before: 1,000 requests, 5 of them bad."""
    end = datetime(2024, 7, 14, tzinfo=UTC)
    at = np.arange(1000.0) + (end - timedelta(hours=3)).timestamp()
    budget = judge_budget(
        SuccessObjective(target=0.99), Consumption(at, (np.arange(1000) % 200 == 0).astype(float)), end
    )
    write_night(Night(date(2024, 7, 13), (CapabilityNight(CAPABILITY, (), (budget,)),)), root)
