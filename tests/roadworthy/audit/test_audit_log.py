"""The audit log loses nothing under a race, and every change to what was written is named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from fakes.scripted_tools import Clock
from pydantic import ValidationError

from roadworthy.audit.facts import AuditedCall, AuditEntry
from roadworthy.audit.log import AuditLog
from roadworthy.chain.link import Head, sealed
from roadworthy.errors import IntegrityError, Unavailable
from roadworthy.store import LocalStore, Store

ROOT = Path(__file__).parents[3]
PROCESSES, THREADS, EACH = 8, 2, 3


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
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, str(tmp_path), str(process), str(THREADS), str(EACH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ.copy(),
        )
        for process in range(PROCESSES)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    entries = list(AuditLog(LocalStore(tmp_path)).entries())
    assert len(entries) == len({entry.fact.call for entry in entries}) == PROCESSES * THREADS * EACH
    for name in {entry.fact.reason for entry in entries}:
        turns = [entry.fact.call for entry in entries if entry.fact.reason == name]
        assert turns == sorted(turns)


def test_writers_on_any_store_lose_nothing(store: Store) -> None:
    """Eight writers without a common lock find their places on each kind of store."""
    together = Barrier(8)

    def write(number: int) -> None:
        together.wait(30)
        AuditLog(store).record(fact(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert {entry.fact.call for entry in AuditLog(store).entries()} == {fact(number).call for number in range(8)}


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


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content + b" ",
        lambda content: content.replace(b'"done"', b'"refused"'),
        lambda content: content.replace(b'"seal":"', b'"seal":"0', 1),
        lambda content: b"\xff" + content[1:],
    ],
)
def test_a_changed_entry_is_named(log: AuditLog, number: int, change: Callable[[bytes], bytes]) -> None:
    """Whatever is done to an entry, the last one too, the check names it."""
    path = path_of(log, number)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(IntegrityError, match=f"{number:09d}"):
        log.verify()


@pytest.mark.parametrize("number", [1, 2, 4])
def test_an_entry_that_was_forged_with_its_seal_is_named(log: AuditLog, number: int) -> None:
    """Who writes an entry anew, seal and all, breaks the chain after it; the forged one is named."""
    entry = list(log.entries())[number - 1]
    forged = entry.model_copy(update={"fact": fact(99)})
    path_of(log, number).write_bytes(sealed(forged))
    with pytest.raises(IntegrityError, match=f"{number:09d}"):
        log.verify()


def test_a_missing_and_a_moved_entry_are_named(log: AuditLog) -> None:
    """A hole in the chain, and an entry in the place of another, have names."""
    path_of(log, 4).rename(path_of(log, 4).with_name("000000009.json"))
    with pytest.raises(IntegrityError, match="000000004"):
        log.verify()
    path_of(log, 9).unlink()
    path_of(log, 4).write_bytes(path_of(log, 5).read_bytes())
    with pytest.raises(IntegrityError, match="000000004"):
        log.verify()


def test_the_first_broken_entry_is_named(log: AuditLog) -> None:
    """Of several broken entries the check names the first."""
    for number in (4, 2, 5):
        path_of(log, number).write_bytes(b"x")
    with pytest.raises(IntegrityError, match="000000002"):
        log.verify()


def test_entries_cut_off_at_the_end_show_against_a_known_head(log: AuditLog) -> None:
    """A chain can't show that its end is missing; the head that was seen before can. So with a chain written anew."""
    head = log.verify()
    assert log.verify(head) == head
    log.record(fact())
    assert log.verify(head).sequence == 6
    for number in (6, 5, 4):
        path_of(log, number).unlink()
    assert log.verify() is not None
    with pytest.raises(IntegrityError, match="000000004"):
        log.verify(head)
    anew = AuditLog(log.store)
    for number in range(3):
        anew.record(fact(number + 10))
    with pytest.raises(IntegrityError, match="000000005"):
        anew.verify(head)


def test_what_does_not_belong_in_the_log_is_named(log: AuditLog) -> None:
    """A stray file in the log is an error with its place."""
    path_of(log, 1).with_name("notes.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"notes\.json"):
        log.verify()


def test_nothing_is_added_after_a_broken_entry(log: AuditLog) -> None:
    """A writer does not chain a new entry to one that is no entry."""
    path_of(log, 5).write_bytes(b"x")
    with pytest.raises(IntegrityError, match="000000005"):
        AuditLog(log.store).record(fact())


def test_a_log_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    """A file in the place of the store is an error for people, not a lost entry."""
    (tmp_path / "store").write_text("")
    with pytest.raises(Unavailable):
        AuditLog(LocalStore(tmp_path / "store")).record(fact())


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
