"""What every chain promises, ledger, audit log and book of incidents: nothing is lost, every change is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import pytest

from roadworthy.audit.facts import AuditedCall
from roadworthy.audit.log import AuditLog
from roadworthy.canonical import canonical_json
from roadworthy.chain.link import Head, seal, unsealed
from roadworthy.errors import IntegrityError, Unavailable
from roadworthy.incidents.book import IncidentBook
from roadworthy.incidents.changes import noting, opening
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.release.entries import Actor, EvidenceRecorded
from roadworthy.release.ledger import Ledger
from roadworthy.store import LocalStore, Store

ME, NAME, LENGTH = Actor(name="ann"), "flight-delay", 5


@dataclass(frozen=True)
class Kind:
    """A chain of one kind, as its own room writes and checks it."""

    folder: str
    digits: int
    record: Callable[[Store, str], object]
    """Adds an entry that says a text."""
    verify: Callable[[Store, Head | None], Head]

    def key(self, number: int) -> str:
        """Return where an entry lies."""
        return f"{self.folder}{number:0{self.digits}d}.json"

    def check(self, store: Store, known: Head | None = None) -> Head:
        """Check the chain and return its head."""
        return self.verify(store, known)


def _evidence(store: Store, text: str) -> object:
    fact = EvidenceRecorded(release=1, name="gates", verdict="pass", summary=text, facts={"auc": 0.7})
    return Ledger(store, NAME).record(lambda _: fact, ME)


def _call(store: Store, text: str) -> object:
    call = AuditedCall(
        call="0" * 32, capability=NAME, tool="look", caller="a" * 64, arguments="", verdict="refused", reason=text
    )
    return AuditLog(store).record(call)


def _incident(store: Store, text: str) -> object:
    """Open one incident; what comes after are notes on it."""
    first = not store.keys("incidents/")
    decide = opening(NAME, IncidentKind.OUTAGE, text) if first else noting("inc-1", text)
    return IncidentBook(store).record(decide, ME)


KINDS = {
    "ledger": Kind(f"ledger/{NAME}/", 8, _evidence, lambda store, known: Ledger(store, NAME).verify(known)),
    "audit log": Kind("audit/000000/", 9, _call, lambda store, known: AuditLog(store).verify(known)),
    "book of incidents": Kind("incidents/", 8, _incident, lambda store, known: IncidentBook(store).verify(known)),
}


@pytest.fixture(params=KINDS)
def chain(request: pytest.FixtureRequest) -> Kind:
    """Each kind of chain in turn."""
    return KINDS[request.param]


@pytest.fixture
def folder(chain: Kind, tmp_path: Path) -> LocalStore:
    """A folder with a chain of five entries."""
    store = LocalStore(tmp_path)
    for number in range(1, LENGTH + 1):
        chain.record(store, f"n{number}")
    return store


def path_of(store: LocalStore, chain: Kind, number: int) -> Path:
    """Return an entry's file."""
    return Path(store.address) / chain.key(number)


def breaks_at(chain: Kind, number: int) -> pytest.RaisesExc[IntegrityError]:
    """Expect an error that names this entry."""
    return pytest.raises(IntegrityError, match=chain.key(number))


def test_entries_are_numbered_without_gaps(chain: Kind, store: Store) -> None:
    """On each kind of store: nothing first, then one entry after the other."""
    assert chain.check(store) == Head(0, None)
    for number in (1, 2, 3):
        chain.record(store, f"n{number}")
        assert chain.check(store).sequence == number
    assert all(store.read(chain.key(number)) for number in (1, 2, 3))


def test_writers_without_a_common_lock_lose_nothing(chain: Kind, store: Store) -> None:
    """Eight at once find their places on each kind of store, and the chain is sound."""
    chain.record(store, "the first")
    together = Barrier(8)

    def write(number: int) -> None:
        together.wait(30)
        chain.record(store, f"writer {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert chain.check(store).sequence == 9
    contents = b"".join(store.read(chain.key(number)) for number in range(2, 10))
    assert all(contents.count(b'"writer %d"' % number) == 1 for number in range(8))


@pytest.mark.parametrize("number", [1, 3, LENGTH])
@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b'"at":"20', b'"at":"21', 1),
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: content + b" ",
        lambda content: content.replace(b'"previous":', b'"previous":null,"previous":', 1),
        lambda content: content.replace(b'"seal":"', b'"seal":"0', 1),
        lambda content: b"\xff" + content[1:],
    ],
    ids=["edited", "half", "cut short", "empty", "longer", "doubled field", "other seal", "no text"],
)
def test_a_changed_entry_is_named(
    chain: Kind, folder: LocalStore, number: int, change: Callable[[bytes], bytes]
) -> None:
    """Whatever was done to an entry, the first, the last or another, the error names it and says what to do."""
    path = path_of(folder, chain, number)
    changed = change(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    with breaks_at(chain, number) as caught:
        chain.check(folder)
    assert caught.value.remedy


@pytest.mark.parametrize("number", [1, 2, LENGTH - 1])
def test_an_entry_that_was_forged_with_its_seal_is_named(chain: Kind, folder: LocalStore, number: int) -> None:
    """Who edits an entry and seals it again breaks the chain after it; the forged one is named."""
    path = path_of(folder, chain, number)
    body = unsealed(path.read_bytes())
    assert body is not None
    path.write_bytes(seal(canonical_json({**json.loads(body), "at": "2020-01-01T00:00:00Z"})))
    with breaks_at(chain, number):
        chain.check(folder)


def test_missing_and_moved_entries_are_named(chain: Kind, folder: LocalStore) -> None:
    """A gap, also at the beginning, and an entry in the place of another."""
    path_of(folder, chain, 4).rename(path_of(folder, chain, 9))
    with breaks_at(chain, 4):
        chain.check(folder)
    path_of(folder, chain, 9).unlink()
    path_of(folder, chain, 4).write_bytes(path_of(folder, chain, LENGTH).read_bytes())
    with breaks_at(chain, 4):
        chain.check(folder)
    path_of(folder, chain, 1).unlink()
    with breaks_at(chain, 1):
        chain.check(folder)


def test_the_first_broken_entry_is_named(chain: Kind, folder: LocalStore) -> None:
    """Of several broken entries the check names the first."""
    for number in (4, 2, 5):
        path_of(folder, chain, number).write_bytes(b"x")
    with breaks_at(chain, 2):
        chain.check(folder)


def test_entries_cut_off_at_the_end_show_against_a_known_head(chain: Kind, folder: LocalStore) -> None:
    """A chain can't show that its end is missing; the head that was seen before can. So with a chain written anew."""
    head = chain.check(folder)
    assert chain.check(folder, head) == head
    chain.record(folder, "later")
    assert chain.check(folder, head).sequence == LENGTH + 1
    for number in (6, 5, 4):
        path_of(folder, chain, number).unlink()
    assert chain.check(folder).sequence == 3
    with breaks_at(chain, 4):
        chain.check(folder, head)
    for number in range(3):
        chain.record(folder, f"another history {number}")
    assert chain.check(folder).sequence == LENGTH + 1
    with breaks_at(chain, LENGTH):
        chain.check(folder, head)


def test_what_does_not_belong_in_a_chain_is_named(chain: Kind, folder: LocalStore) -> None:
    """A stray file among the entries is an error with its place."""
    path_of(folder, chain, 1).with_name("notes.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"notes\.json"):
        chain.check(folder)


def test_nothing_is_added_after_a_broken_entry(chain: Kind, folder: LocalStore) -> None:
    """A writer does not chain a new entry to one that is no entry."""
    path_of(folder, chain, LENGTH).write_bytes(b"x")
    with breaks_at(chain, LENGTH):
        chain.record(folder, "after it")
    assert not path_of(folder, chain, LENGTH + 1).exists()


def test_a_store_that_can_not_be_written_is_an_error_at_once(chain: Kind, tmp_path: Path) -> None:
    """A file in the place of the store is an error for people: no lost entry, and no race to be tried again."""
    (tmp_path / "store").write_bytes(b"a file")
    with pytest.raises(Unavailable):
        chain.record(LocalStore(tmp_path / "store"), "lost")
