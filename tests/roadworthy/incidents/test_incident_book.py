"""The book of incidents loses nothing under a race or a kill, and names every change to what was written."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from fakes.bad_release import ANN, CAPABILITY
from fakes.memory_store import MemoryStore

from roadworthy.errors import Busy, IntegrityError
from roadworthy.incidents.book import IncidentBook
from roadworthy.incidents.changes import noting, opening
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.store import LocalStore, Store

ROOT = Path(__file__).parents[3]
WRITERS = 8


def opened(store: Store, kind: IncidentKind = IncidentKind.OUTAGE) -> IncidentBook:
    """Return a book with one open incident."""
    book = IncidentBook(store)
    book.record(opening(CAPABILITY, kind, "nothing answers"), ANN)
    return book


def test_incidents_come_back_as_they_were_written(store: Store) -> None:
    """Numbers count over all capabilities, entries of several incidents may alternate; on each kind of store."""
    book = opened(store)
    other = book.record(opening("flight-delay", IncidentKind.DRIFT, "EWR is late"), ANN)
    book.record(noting("inc-1", "the disk is full"), ANN)
    written = book.record(noting("2", "new carrier"), ANN)
    assert (other.id, other.capability, other.kind) == ("inc-2", "flight-delay", "drift")
    found = IncidentBook(store).incidents()
    assert [one.id for one in found] == ["inc-1", "inc-2"]
    assert found[1] == written
    assert [len(one.entries) for one in found] == [2, 2]
    assert book.verify().sequence == 4


def test_of_many_who_open_at_once_one_does(store: Store) -> None:
    """Eight people see the same outage; there is one incident, and the others are told of it."""
    together = Barrier(WRITERS)

    def attempt(number: int) -> str:
        together.wait(30)
        try:
            return IncidentBook(store).record(opening(CAPABILITY, IncidentKind.OUTAGE, f"seen by {number}"), ANN).id
        except Busy as error:
            return error.problem

    with ThreadPoolExecutor(WRITERS) as pool:
        said = list(pool.map(attempt, range(WRITERS)))
    assert said.count("inc-1") == 1
    assert sum("inc-1 is open already" in one for one in said) == WRITERS - 1


def test_no_note_of_many_writers_is_lost(store: Store) -> None:
    """Each note has its place in one sound chain."""
    opened(store)
    together = Barrier(WRITERS)

    def note(number: int) -> None:
        together.wait(30)
        IncidentBook(store).record(noting("inc-1", f"note {number}"), ANN)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(note, range(WRITERS)))
    (incident,) = IncidentBook(store).incidents()
    texts = {entry.fact.text for entry in incident.entries[1:]}
    assert texts == {f"note {number}" for number in range(WRITERS)}
    assert IncidentBook(store).verify().sequence == WRITERS + 1


WRITE = """
import sys
from pathlib import Path
from roadworthy.incidents.book import IncidentBook
from roadworthy.incidents.changes import noting
from roadworthy.release.entries import Actor
from roadworthy.store import LocalStore
book = IncidentBook(LocalStore(Path(sys.argv[1])))
for number in range(10_000):
    book.record(noting("inc-1", f"note {number}"), Actor(name="dies"))
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_whole_entries(tmp_path: Path) -> None:
    """Killed in the midst of writing: all that it had confirmed is there, nothing is half there, others go on."""
    opened(LocalStore(tmp_path))
    writer = subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert writer.stdout is not None
    for _ in range(25):
        assert writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    confirmed = 25 + len(writer.stdout.read().split())
    writer.wait(30)
    book = IncidentBook(LocalStore(tmp_path))
    head = book.verify()
    assert head.sequence - 1 in (confirmed, confirmed + 1)
    assert len(book.record(noting("inc-1", "goes on"), ANN).entries) == head.sequence + 1
    assert all(path.suffix == ".json" for path in (tmp_path / "incidents").iterdir())


def test_a_changed_entry_is_named(tmp_path: Path) -> None:
    """Whoever edits what was written, or takes it away, is found out."""
    book = opened(LocalStore(tmp_path))
    book.record(noting("inc-1", "the disk is full"), ANN)
    path = tmp_path / "incidents" / "00000001.json"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"nothing answers", b"all is well"))
    with pytest.raises(IntegrityError, match="Entry 1 of the book of incidents"):
        book.incidents()
    path.unlink()
    with pytest.raises(IntegrityError, match=r"Entry 1 .* is missing"):
        book.incidents()


def test_the_clock_is_the_writer_s() -> None:
    """Entries have the time of the clock that was handed in, in UTC."""
    noon = datetime(2024, 7, 14, 12, tzinfo=UTC)
    incident = IncidentBook(MemoryStore(), lambda: noon).record(
        opening(CAPABILITY, IncidentKind.COST, "thrice as dear"), ANN
    )
    assert incident.moments == (noon,)
    assert incident.clock_doubts(noon) == ()
