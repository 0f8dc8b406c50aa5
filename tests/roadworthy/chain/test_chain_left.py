"""A chain whose first entries a policy removed: its end is found, and what is left is checked as before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.memory_store import MemoryStore

from roadworthy.chain.chain import Chain
from roadworthy.chain.layout import Layout
from roadworthy.chain.link import Link
from roadworthy.errors import IntegrityError

LAYOUT = Layout("a log", "alerts/", digits=3, shelf=3)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def grown(store: MemoryStore, entries: int) -> Chain[Link]:
    """Return the chain in the store with so many more entries."""
    chain = Chain(store, LAYOUT, Link)
    for _ in range(entries):
        head = chain.newest()
        chain.append(Link(sequence=head.sequence + 1, previous=head.digest, at=NOON))
    return chain


def cut(store: MemoryStore, first: int) -> None:
    """Remove what is before the entry `first`."""
    for number in range(1, first):
        store.remove(LAYOUT.key(number))


@pytest.mark.parametrize("first", [1, 2, 3, 4, 11, 20])
def test_a_chain_goes_on_where_its_first_entries_are_gone(first: int) -> None:
    """Wherever the cut lies among the shelves, also when the newest alone is left."""
    store = MemoryStore()
    newest = grown(store, 20).newest()
    cut(store, first)
    chain = Chain(store, LAYOUT, Link)
    assert chain.newest() == newest
    assert [one.entry.sequence for one in chain.left()] == list(range(first, 21))
    assert [one.entry.sequence for one in grown(store, 3).left()] == list(range(first, 24))


def test_nothing_is_left_of_nothing() -> None:
    """An empty chain is whole."""
    assert list(Chain(MemoryStore(), LAYOUT, Link).left()) == []


def test_a_gap_in_what_is_left_is_told() -> None:
    """A policy removes from the front alone."""
    store = MemoryStore()
    chain = grown(store, 9)
    cut(store, 3)
    store.remove(LAYOUT.key(6))
    with pytest.raises(IntegrityError, match=r"Entry 6 .* is missing"):
        list(chain.left())
