"""The ledger of a capability: an append-only chain of entries in a store, the truth about its releases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from roadworthy.chain.chain import Chain
from roadworthy.chain.competing import compete
from roadworthy.chain.layout import Layout
from roadworthy.chain.link import EMPTY, Head
from roadworthy.clock import utc_now
from roadworthy.errors import Busy
from roadworthy.release.entries import Actor, Entry, Fact
from roadworthy.store import Store

Decide = Callable[[tuple[Entry, ...]], Fact | None]
"""Looks at what is recorded and says what to record next: None for nothing; may raise, best `RuleBroken`."""

_PATIENCE = 60
"""Seconds for which a writer competes with others for the next entry."""


@dataclass(frozen=True)
class _Read:
    """Entries that were read and checked, in order, and the head that they end in."""

    entries: tuple[Entry, ...] = ()
    head: Head = EMPTY


@dataclass(frozen=True)
class Ledger:
    """The ledger of one capability in `store`. Entries are only ever added; of two writers one wins."""

    store: Store
    capability: str
    clock: Callable[[], datetime] = utc_now

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries in order, each checked.

        Raises `IntegrityError` that names the entry which is missing, damaged, changed or out of the chain.
        """
        return self._read(_Read()).entries

    def verify(self, known: Head | None = None) -> Head:
        """Check the whole chain and return its head; see `Chain.verify` for `known`. Raises `IntegrityError`."""
        return self._chain.verify(known)

    def record(self, decide: Decide, by: Actor) -> Entry | None:
        """Record what `decide` says about the entries that are there; return the new entry, or None.

        When another writer takes the place, `decide` is asked again about what is there then; so it has to be
        free of side effects. Raises what `decide` raises, and `Busy` when others are always faster.
        """
        read = _Read()

        def attempt() -> Entry | None:
            nonlocal read
            read = self._read(read)
            fact = decide(read.entries)
            return None if fact is None else self._append(read.head, fact, by)

        busy = Busy(
            f"Others wrote to the ledger of '{self.capability}' all the time.",
            where=self.store.address,
            remedy="Nothing was recorded: run the command again.",
        )
        return compete(attempt, _PATIENCE, busy)

    def _append(self, head: Head, fact: Fact, by: Actor) -> Entry:
        entry = Entry(
            capability=self.capability,
            sequence=head.sequence + 1,
            previous=head.digest,
            at=self.clock(),
            by=by,
            fact=fact,
        )
        self._chain.append(entry)
        return entry

    def _read(self, before: _Read) -> _Read:
        """Return what was read before, with the entries after it."""
        linked = list(self._chain.after(before.head))
        if not linked:
            return before
        return _Read((*before.entries, *(one.entry for one in linked)), linked[-1].head)

    @property
    def _chain(self) -> Chain[Entry]:
        layout = Layout(f"the ledger of '{self.capability}'", f"ledger/{self.capability}/", digits=8)
        return Chain(self.store, layout, Entry, self._foreign)

    def _foreign(self, entry: Entry) -> str:
        return "" if entry.capability == self.capability else entry.capability
