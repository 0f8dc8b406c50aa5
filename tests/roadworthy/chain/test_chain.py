"""Whatever is done to a chain's bytes, the first broken entry is named; what earlier versions wrote still verifies."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fakes.memory_store import MemoryStore
from fakes.scripted_tools import Clock
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.audit.facts import AuditedCall
from roadworthy.audit.log import AuditLog
from roadworthy.chain.chain import Chain
from roadworthy.chain.layout import Layout
from roadworthy.chain.link import EMPTY, Head, Link, seal, sealed, unsealed
from roadworthy.errors import IntegrityError
from roadworthy.release.ledger import Ledger

LENGTH = 6
PLACES = st.integers(1, LENGTH)


class Note(Link):
    """An entry that says something."""

    text: str


def chain_of(length: int = LENGTH, shelf: int = 0) -> Chain[Note]:
    """Return a chain with that many entries."""
    chain = Chain(MemoryStore(), Layout("the notes", "notes/", 3, shelf), Note)
    extend(chain, length)
    return chain


def extend(chain: Chain[Note], by: int, text: str = "said") -> Head:
    """Add entries and return the head."""
    head = chain.follow(chain.newest())
    for _ in range(by):
        number = head.sequence + 1
        head = chain.append(Note(sequence=number, previous=head.digest, at=Clock().now, text=f"{text} {number}"))
    return head


def kept(chain: Chain[Note]) -> dict[str, bytes]:
    """Return what the store holds, to be tampered with."""
    assert isinstance(chain.store, MemoryStore)
    return chain.store._kept


def broken_entry(chain: Chain[Note], known: Head | None = None) -> int | None:
    """Return the number of the entry that the check names; None when all is well."""
    try:
        chain.verify(known)
    except IntegrityError as error:
        found = re.search(r"notes/(\d+)\.json", str(error))
        assert found
        return int(found[1])
    return None


@given(PLACES, st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_names_its_entry(place: int, at: int, change: int) -> None:
    """One byte of one entry, whichever and however: that entry is named."""
    chain = chain_of()
    key = chain.layout.key(place)
    content = bytearray(kept(chain)[key])
    content[at % len(content)] ^= change
    kept(chain)[key] = bytes(content)
    assert broken_entry(chain) == place


@given(st.sets(PLACES, min_size=1))
def test_removed_entries_name_the_first(places: set[int]) -> None:
    """Holes are named, the first of them; what is missing at the end shows against the head that was seen."""
    chain = chain_of()
    head = chain.verify()
    for place in places:
        del kept(chain)[chain.layout.key(place)]
    assert broken_entry(chain, head) == min(places)


@given(st.permutations(range(1, LENGTH + 1)))
def test_reordered_entries_name_the_first_out_of_place(order: list[int]) -> None:
    """In whatever order entries lie, the first that is in another's place is named."""
    chain = chain_of()
    before = dict(kept(chain))
    for place, taken in enumerate(order, 1):
        kept(chain)[chain.layout.key(place)] = before[chain.layout.key(taken)]
    expected = next((place for place, taken in enumerate(order, 1) if place != taken), None)
    assert broken_entry(chain) == expected


@given(PLACES, st.text(min_size=1))
def test_a_forged_entry_is_named_unless_it_is_the_last(place: int, text: str) -> None:
    """A new seal does not help: the next entry points elsewhere. For the last, the head that was seen tells."""
    chain = chain_of()
    head = chain.verify()
    key = chain.layout.key(place)
    body = unsealed(kept(chain)[key])
    assert body is not None
    forged = Note.model_validate_json(body).model_copy(update={"text": f"{text} forged"})
    kept(chain)[key] = sealed(forged)
    assert broken_entry(chain, head) == place
    assert broken_entry(chain) == (None if place == LENGTH else place)


@given(PLACES)
def test_a_chain_written_anew_from_some_place_shows_against_the_known_head(place: int) -> None:
    """Who rewrites everything from some entry on has a sound chain, and not the one that was seen."""
    chain = chain_of()
    head = chain.verify()
    for number in range(place, LENGTH + 1):
        del kept(chain)[chain.layout.key(number)]
    extend(chain, LENGTH - place + 3, "other")
    assert broken_entry(chain) is None
    assert broken_entry(chain, head) == LENGTH


@given(st.integers(0, 40), st.integers(1, 7), st.integers(0, 3))
def test_the_end_is_found_on_any_number_of_shelves(length: int, shelf: int, more: int) -> None:
    """The newest entry is found without a whole listing, and followed from there, as if all had been read."""
    chain = chain_of(length, shelf)
    assert chain.newest() == chain.verify()
    early = chain.newest()
    head = extend(chain, more)
    assert chain.follow(early) == head
    assert [linked.entry.sequence for linked in chain.after(early)] == list(range(length + 1, length + more + 1))


def test_nothing_follows_an_entry_that_does_not_follow() -> None:
    """A writer who finds an entry that is sound by itself, but not the next one, stops."""
    chain = chain_of(3)
    stranger = Note(sequence=4, previous="0" * 64, at=Clock().now, text="x")
    kept(chain)[chain.layout.key(4)] = sealed(stranger)
    with pytest.raises(IntegrityError, match=r"notes/003\.json"):
        chain.follow(Head(3, chain_of(3).newest().digest))


@pytest.mark.parametrize("name", ["notes.txt", "4.json", "0004.json", "000.json", "٠٠٤.json", "x/004.json"])
def test_what_is_no_entry_is_named(name: str) -> None:
    """A stray file is no gap and no entry."""
    chain = chain_of(3)
    kept(chain)[f"notes/{name}"] = b"{}"
    with pytest.raises(IntegrityError, match="no entry lies in the notes"):
        chain.verify()


def test_an_empty_chain_has_an_empty_head() -> None:
    """Nothing is a chain as well."""
    chain = chain_of(0)
    assert chain.verify() == chain.newest() == EMPTY
    assert list(chain.after()) == []


OLD_LEDGER = """
{"entry":{"at":"2025-11-14T12:00:00Z","by":{"authenticated":false,"name":"ann"},"capability":"flight-delay","fact":{"clean_work_tree":true,"commit":"c","digest":"0000000000000000000000000000000000000000000000000000000000000000","kind":"released","release":1},"previous":null,"sequence":1},"seal":"dc0b50a52519aecb40eb4a8e518861b8d59609762a97b71fa6c489d9dd6a335d"}
{"entry":{"at":"2025-11-14T12:00:00Z","by":{"authenticated":false,"name":"ann"},"capability":"flight-delay","fact":{"facts":{"auc":0.7},"kind":"evidence_recorded","name":"gates","release":1,"report":null,"summary":"ok – größer","verdict":"pass"},"previous":"2252cc2005a258c9ceb2fc56f16a0925ade91ccb64f19ffea1accfd57126dfbc","sequence":2},"seal":"0d341b4f66c3d6bff46afdc4704110615792fa5d0c616ee32c7bb25886ddabe8"}
{"entry":{"at":"2025-11-14T12:00:00Z","by":{"authenticated":false,"name":"ann"},"capability":"flight-delay","fact":{"kind":"moved","release":1,"stage":"staging"},"previous":"dec9600051927153520a2090d53c8ffaeac6b6c94b9a6af5473d265316f99978","sequence":3},"seal":"2120f581eb1dfe20406b77af7eb16251283f1fab3cde00d25b371ddbb54ade80"}
"""  # noqa: E501  (bytes as an earlier version stored them)
OLD_AUDIT_LOG = """
{"entry":{"at":"2025-11-14T12:00:00Z","fact":{"arguments":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","call":"00000000000000000000000000000000","caller":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","capability":"helper","reason":"","tool":"look","verdict":"started"},"previous":null,"sequence":1},"seal":"a85a30f93930b31d017e636bd8c5f883992725afe28d9240e77e2689d9d5c399"}
{"entry":{"at":"2025-11-14T12:00:00Z","fact":{"arguments":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","call":"00000000000000000000000000000001","caller":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","capability":"helper","reason":"","tool":"look","verdict":"done"},"previous":"19d22861d363db4a3f030a79bcbbd4866180a7f3bf137a9de0aace65553120bd","sequence":2},"seal":"7386c3ef0c4cc59a9b30eca1c873d9fac85992085505dfcfd58d251f81525310"}
"""


def stored(lines: str, folder: str, digits: int) -> MemoryStore:
    """Return a store with these entries."""
    store = MemoryStore()
    for number, line in enumerate(lines.split("\n")[1:-1], 1):
        store.create(f"{folder}{number:0{digits}d}.json", line.encode())
    return store


def test_ledgers_of_earlier_versions_still_verify() -> None:
    """What was stored before chains had a room of their own is read, and what is read is the same bytes again."""
    store = stored(OLD_LEDGER, "ledger/flight-delay/", 8)
    ledger = Ledger(store, "flight-delay")
    assert ledger.verify().sequence == 3
    assert [sealed(entry) for entry in ledger.entries()] == list(_contents(store))


def test_audit_logs_of_earlier_versions_still_verify_and_go_on() -> None:
    """The first tool calls did not say what kind of fact they are; newer ones follow them in the same chain."""
    store = stored(OLD_AUDIT_LOG, "audit/000000/", 9)
    log = AuditLog(store, Clock())
    (_, second) = log.entries()
    assert isinstance(second.fact, AuditedCall)
    assert second.fact.verdict == "done"
    log.record(second.fact)
    assert log.verify().sequence == 3


def test_a_seal_is_the_digest_of_the_bytes_between() -> None:
    """What is sealed comes back, and nothing else does."""
    assert unsealed(seal(b"{}")) == b"{}"
    assert unsealed(b"") is None
    assert unsealed(seal(b"{}") + b" ") is None


def _contents(store: MemoryStore) -> Iterator[bytes]:
    return (store.read(key) for key in store.keys("ledger/"))
