"""What the ledger promises beside what every chain does: decisions are made again after a lost race."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
from fakes.many_writers import Writers

from roadworthy.canonical import canonical_json
from roadworthy.chain.link import Head, seal, sealed, unsealed
from roadworthy.errors import IntegrityError, RuleBroken, UsageError
from roadworthy.release.entries import Actor, Entry, EvidenceRecorded, Released
from roadworthy.release.ledger import Ledger
from roadworthy.store import LocalStore, Store

ME = Actor(name="ann")
WRITERS = Writers(processes=2, threads=8, each=3)


def finding(name: str) -> EvidenceRecorded:
    """A fact that is told from others by its name."""
    return EvidenceRecorded(release=1, name=name, verdict="pass", summary="ok", facts={"auc": 0.7, "rows": 3})


@pytest.fixture
def ledger(store: Store) -> Ledger:
    """An empty ledger, on each kind of store in turn."""
    return Ledger(store, "flight-delay")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a ledger with five entries."""
    ledger = Ledger(LocalStore(tmp_path), "flight-delay")
    for number in range(1, 6):
        ledger.record(lambda _, number=number: finding(f"n{number}"), ME)
    return tmp_path / "ledger" / "flight-delay"


def parsed(content: bytes) -> Entry:
    """Return the entry that was stored as `content`."""
    body = unsealed(content)
    assert body is not None
    return Entry.model_validate_json(body)


def read(folder: Path) -> tuple[Entry, ...]:
    """Read the ledger that lies in `folder`."""
    return Ledger(LocalStore(folder.parents[1]), folder.name).entries()


def test_what_is_recorded_comes_back(ledger: Ledger) -> None:
    """Entries come back as they were recorded, numbered from one, each pointing at the one before."""
    assert ledger.entries() == ()
    assert ledger.verify() == Head(0, None)
    first = ledger.record(lambda entries: finding(f"after {len(entries)}"), ME)
    second = ledger.record(lambda entries: finding(f"after {len(entries)}"), Actor(name="bob", authenticated=True))
    assert first is not None
    assert second is not None
    assert ledger.entries() == (first, second)
    assert [first.sequence, second.sequence] == [1, 2]
    assert first.previous is None
    assert second.previous is not None
    assert second.fact == finding("after 1")
    assert ledger.verify().sequence == 2


def test_nothing_to_do_records_nothing(ledger: Ledger) -> None:
    """A decision for nothing, or against the rules, leaves the ledger as it was."""

    def refuse(entries: tuple[Entry, ...]) -> None:
        raise RuleBroken("no")

    assert ledger.record(lambda entries: None, ME) is None
    with pytest.raises(RuleBroken):
        ledger.record(refuse, ME)
    assert ledger.entries() == ()


def test_ledgers_of_two_capabilities_are_apart(store: Store) -> None:
    """A capability whose name begins like another's sees nothing of the other's."""
    Ledger(store, "flight-delay").record(lambda _: finding("x"), ME)
    assert Ledger(store, "flight").entries() == ()
    assert Ledger(store, "flight-delay-2").entries() == ()
    with pytest.raises(UsageError):
        Ledger(store, "../flight-delay").entries()


WRITE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from roadworthy.release.entries import Actor, Released
from roadworthy.release.ledger import Ledger
from tasks.stores import open_store
address, process, threads, each = sys.argv[1], *map(int, sys.argv[2:])
ledger = Ledger(open_store(address), "flight-delay")
ledger.entries()
print("ready", flush=True)
sys.stdin.readline()
def write(thread):
    for turn in range(each):
        name = f"{process}-{thread}-{turn}"
        ledger.record(lambda entries: Released(
            release=len(entries) + 1, digest="0" * 64, commit=name, clean_work_tree=True), Actor(name=name))
with ThreadPoolExecutor(threads) as pool:
    list(pool.map(write, range(threads)))
"""


def test_sixteen_writers_lose_nothing(store_address: str, store: Store) -> None:
    """Of sixteen writers in two processes, each sees all its entries kept, and no number is given twice."""
    WRITERS.write(WRITE, store_address)
    entries = Ledger(store, "flight-delay").entries()
    facts = [entry.fact for entry in entries if isinstance(entry.fact, Released)]
    expected = {f"{name}-{turn}" for name in WRITERS.names for turn in range(WRITERS.each)}
    assert {fact.commit for fact in facts} == expected
    assert len(entries) == len(expected)
    assert [fact.release for fact in facts] == list(range(1, len(expected) + 1))
    for name in WRITERS.names:
        turns = [fact.commit for fact in facts if fact.commit.startswith(f"{name}-")]
        assert turns == sorted(turns)


def test_of_sixteen_who_decide_the_same_one_records_it(store: Store) -> None:
    """A decision is made again on what is there after a lost race: what must happen once happens once."""
    start = Barrier(16)

    def decide(entries: tuple[Entry, ...]) -> Released | None:
        return None if entries else Released(release=1, digest="0" * 64, commit="c", clean_work_tree=True)

    def write(_: int) -> Entry | None:
        start.wait()
        return Ledger(store, "flight-delay").record(decide, ME)

    with ThreadPoolExecutor(16) as pool:
        assert sum(entry is not None for entry in pool.map(write, range(16))) == 1


def test_an_entry_of_another_capability_is_named(folder: Path) -> None:
    """A sound entry that was copied from another ledger does not belong here."""
    other = folder.with_name("other")
    other.mkdir()
    (other / "00000001.json").write_bytes((folder / "00000001.json").read_bytes())
    with pytest.raises(IntegrityError, match="belongs to flight-delay"):
        read(other)


def test_an_entry_of_a_later_version_is_refused_with_its_field(folder: Path) -> None:
    """A kind of fact that this version does not know stops it: nobody decides on half a ledger."""
    path = folder / "00000005.json"
    entry = json.loads(path.read_bytes())["entry"]
    entry["fact"] = {"kind": "launched"}
    path.write_bytes(seal(canonical_json(entry)))
    with pytest.raises(IntegrityError, match=r"can read \(fact"):
        read(folder)


def test_entries_keep_utc_and_equal_entries_equal_bytes() -> None:
    """A moment given in another zone is stored in UTC; the bytes are canonical JSON."""
    moment = datetime(2026, 11, 20, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    entry = Entry(capability="c", sequence=1, previous=None, at=moment, by=ME, fact=finding("x"))
    same = Entry(capability="c", sequence=1, previous=None, at=moment.astimezone(UTC), by=ME, fact=finding("x"))
    assert sealed(entry) == sealed(same)
    assert b'"at":"2026-11-20T12:00:00.000005Z"' in sealed(entry)
    assert parsed(sealed(entry)) == entry
