"""The audit log, beside what every chain promises: nothing is lost under a race, and no contents get in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes.many_writers import Writers
from fakes.scripted_tools import Clock
from pydantic import ValidationError

from roadworthy.audit.facts import AuditedCall, AuditEntry
from roadworthy.audit.log import AuditLog
from roadworthy.chain.link import Head, sealed
from roadworthy.store import LocalStore, Store

WRITERS = Writers(processes=8, threads=2, each=3)


def fact(number: int = 0, reason: str = "") -> AuditedCall:
    """What the log keeps of a call, told from others by its number."""
    return AuditedCall(
        call=f"{number:032x}",
        capability="helper",
        tool="look",
        caller="a" * 64,
        arguments="b" * 64,
        verdict="done",
        reason=reason,
    )


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    """A log with five entries in a folder."""
    log = AuditLog(LocalStore(tmp_path), Clock())
    for number in range(5):
        log.record(fact(number))
    return log


def path_of(log: AuditLog, number: int) -> Path:
    """Return an entry's file."""
    return Path(log.store.address) / "audit" / "000000" / f"{number:09d}.json"


def test_what_is_recorded_comes_back_in_order(store: Store) -> None:
    """Entries come back as they were written, numbered without gaps and chained, on each kind of store."""
    log = AuditLog(store, Clock())
    assert log.verify() == Head()
    written = [log.record(fact(number)) for number in range(3)]
    assert list(AuditLog(store).entries()) == written
    assert [entry.sequence for entry in written] == [1, 2, 3]
    assert written[0].previous is None
    assert len({entry.previous for entry in written}) == 3
    assert log.verify().sequence == 3


WRITE = """
import sys
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from roadworthy.audit.log import AuditLog
from roadworthy.audit.facts import AuditedCall
from roadworthy.store import LocalStore
address, process, threads, each = sys.argv[1], *map(int, sys.argv[2:])
store = LocalStore(Path(address))
list(AuditLog(store).entries())
print("ready", flush=True)
sys.stdin.readline()
def write(thread):
    log = AuditLog(store)
    for turn in range(each):
        number = (process * 100 + thread) * 100 + turn
        log.record(AuditedCall(call=f"{number:032x}", capability="helper", tool="look", caller="a" * 64,
            arguments="", verdict="refused", reason=f"{process}-{thread}"))
with ThreadPoolExecutor(threads) as pool:
    list(pool.map(write, range(threads)))
"""


def test_sixteen_writers_lose_nothing(tmp_path: Path) -> None:
    """Of sixteen writers in eight processes, each sees all its entries kept, in its order, in one sound chain."""
    WRITERS.write(WRITE, str(tmp_path))
    entries = list(AuditLog(LocalStore(tmp_path)).entries())
    assert len(entries) == len({entry.fact.call for entry in entries}) == len(WRITERS.names) * WRITERS.each
    for name in {entry.fact.reason for entry in entries}:
        turns = [entry.fact.call for entry in entries if entry.fact.reason == name]
        assert turns == sorted(turns)


def test_threads_on_one_log_lose_nothing(tmp_path: Path) -> None:
    """One log serves many threads at once."""
    log = AuditLog(LocalStore(tmp_path))
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: log.record(fact(number)), range(48)))
    assert log.verify().sequence == 48


def test_a_writer_follows_what_others_wrote(tmp_path: Path) -> None:
    """A writer that remembers an old head goes on after the newest entry."""
    one, other = AuditLog(LocalStore(tmp_path)), AuditLog(LocalStore(tmp_path))
    numbers = [log.record(fact()).sequence for log in (one, other, other, one, other)]
    assert numbers == [1, 2, 3, 4, 5]
    one.verify()


@pytest.mark.parametrize("field", ["call", "caller", "arguments"])
def test_where_a_digest_belongs_no_contents_fit(field: str) -> None:
    """An entry can't be made with a customer's name or arguments in the place of a digest."""
    with pytest.raises(ValidationError):
        AuditedCall.model_validate({**fact().model_dump(), field: "cust-001"})


def test_equal_entries_are_equal_bytes(log: AuditLog) -> None:
    """What is read is written back as the same bytes."""
    for entry in log.entries():
        assert isinstance(entry, AuditEntry)
        assert sealed(entry) == path_of(log, entry.sequence).read_bytes()
