"""The queue before the audit log records some facts at a time, waits out a store that is down, owns up to losses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from fakes.memory_store import MemoryStore
from fakes.scripted_tools import Clock
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.audit.facts import AuditEntry, Gap, GuardBlock, GuardBlocks, LoginsRefused
from roadworthy.audit.log import AuditLog
from roadworthy.audit.queue import AuditQueue
from roadworthy.errors import Unavailable
from roadworthy.store import LocalStore


def block(number: int) -> GuardBlock:
    """A guard block, told from others by its request."""
    return GuardBlock(at=Clock().now, capability="helper", guard="injection", place="input", request=f"r{number}")


def requests_in(log: AuditLog) -> list[str]:
    """Return the requests whose blocks were recorded, in order."""
    facts = [entry.fact for entry in log.entries()]
    return [one.request for fact in facts if isinstance(fact, GuardBlocks) for one in fact.blocks]


@dataclass
class Shaky(MemoryStore):
    """A store that can be down, and tells when something was kept."""

    down: bool = False

    def create(self, key: str, content: bytes) -> None:
        """Keep it, unless the store is down."""
        if self.down:
            raise Unavailable("down")
        super().create(key, content)


def test_a_thousand_blocks_are_two_entries() -> None:
    """Blocks are recorded in batches, in order, none twice."""
    log = AuditLog(MemoryStore(), Clock())
    queue = AuditQueue(log, clock=Clock())
    for number in range(1000):
        queue.guard_blocked(block(number))
    queue.flush()
    queue.flush()
    assert log.verify().sequence == 2
    assert requests_in(log) == [f"r{number}" for number in range(1000)]


def test_refused_logins_are_a_number() -> None:
    """However many keys are tried, the log gets an entry a reason."""
    clock = Clock()
    log = AuditLog(MemoryStore(), clock)
    queue = AuditQueue(log, clock=clock)
    for _ in range(500):
        queue.login_refused("unknown")
    queue.login_refused("revoked")
    began = clock.now
    clock.forward(timedelta(seconds=5))
    queue.flush()
    assert [entry.fact for entry in log.entries()] == [
        LoginsRefused(reason="revoked", count=1, since=began),
        LoginsRefused(reason="unknown", count=500, since=began),
    ]


@given(st.lists(st.sampled_from(["block", "login", "flush", "down", "up"]), max_size=60))
def test_everything_taken_is_recorded_or_counted_as_lost(steps: list[str]) -> None:
    """Whatever comes, and whenever the store is down: recorded + lost = taken, and losses are recorded."""
    store = Shaky()
    log = AuditLog(store, Clock())
    queue = AuditQueue(log, size=7, clock=Clock())
    taken = 0
    for step in steps:
        if step == "block":
            queue.guard_blocked(block(taken))
        elif step == "login":
            queue.login_refused("unknown")
        elif step == "flush":
            try:
                queue.flush()
            except Unavailable:
                assert store.down
        else:
            store.down = step == "down"
        taken += step in ("block", "login")
    store.down = False
    queue.close()
    facts = [entry.fact for entry in log.entries()]
    logins = sum(fact.count for fact in facts if isinstance(fact, LoginsRefused))
    lost = sum(fact.lost for fact in facts if isinstance(fact, Gap))
    assert lost == queue.lost
    assert len(requests_in(log)) + logins + lost == taken
    order = [int(request[1:]) for request in requests_in(log)]
    assert order == sorted(set(order))


def test_what_comes_too_fast_is_lost_and_recorded_as_a_gap() -> None:
    """A full queue takes no more, and the log says how many it did not take."""
    clock = Clock()
    log = AuditLog(MemoryStore(), clock)
    queue = AuditQueue(log, size=3, clock=clock)
    for number in range(10):
        queue.guard_blocked(block(number))
    queue.flush()
    assert queue.lost == 7
    assert requests_in(log) == ["r0", "r1", "r2"]
    assert [entry.fact for entry in log.entries()][-1] == Gap(lost=7, since=clock.now)


def test_the_thread_records_when_a_batch_is_full(tmp_path: Path) -> None:
    """Nobody has to call for it: a full batch is recorded, long before the interval is over."""
    recorded = Event()

    class Log(AuditLog):
        def record(self, fact: GuardBlocks) -> AuditEntry:
            entry = super().record(fact)
            recorded.set()
            return entry

    queue = AuditQueue(Log(LocalStore(tmp_path), Clock()), interval=3600, clock=Clock())
    queue.start()
    for number in range(500):
        queue.guard_blocked(block(number))
    assert recorded.wait(30)
    queue.guard_blocked(block(500))
    queue.close()
    assert requests_in(AuditLog(LocalStore(tmp_path))) == [f"r{number}" for number in range(501)]


def test_closing_on_a_store_that_is_down_says_how_many_are_missing(caplog: pytest.LogCaptureFixture) -> None:
    """The end does not fail and does not keep silent."""
    queue = AuditQueue(AuditLog(Shaky(down=True), Clock()), clock=Clock())
    queue.guard_blocked(block(1))
    queue.login_refused("missing")
    queue.close()
    assert "2 facts never came into the audit log" in caplog.text
