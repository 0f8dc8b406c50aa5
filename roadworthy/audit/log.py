"""The audit log in a store: an append-only chain for many writers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from roadworthy.audit.facts import AuditEntry, Fact
from roadworthy.chain.chain import Chain
from roadworthy.chain.competing import compete
from roadworthy.chain.layout import Layout
from roadworthy.chain.link import Head
from roadworthy.clock import utc_now
from roadworthy.errors import Busy
from roadworthy.store import Store

_PATIENCE = 30
"""Seconds for which a writer competes with others for the next entry."""
_LAYOUT = Layout("the audit log", "audit/", digits=9, shelf=1000)


@dataclass
class AuditLog:
    """The log in `store`. Of several writers, in this process or others, each gets a place of its own.

    A writer remembers the head it saw last, so that an entry costs one write, however long the log is.
    """

    store: Store
    clock: Callable[[], datetime] = utc_now
    _head: Head | None = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def record(self, fact: Fact) -> AuditEntry:
        """Add an entry and return it, once it is durable.

        Raises `Unavailable` when the store can't be written, `Busy` when others are always faster, and
        `IntegrityError` when the entry that it would follow is broken.
        """
        busy = Busy(
            "Others wrote to the audit log all the time.",
            where=self.store.address,
            remedy="Nothing was done: ask again.",
        )
        with self._lock:
            return compete(lambda: self._append(fact), _PATIENCE, busy)

    def entries(self) -> Iterator[AuditEntry]:
        """Yield all entries in order, each checked. Raises `IntegrityError` that names the first broken one."""
        return (linked.entry for linked in self._chain.after())

    def verify(self, known: Head | None = None) -> Head:
        """Check the whole log and return its head; see `Chain.verify` for `known`.

        Raises `IntegrityError` that names the first broken entry.
        """
        return self._chain.verify(known)

    def _append(self, fact: Fact) -> AuditEntry:
        self._head = head = self._chain.follow(self._head or self._chain.newest())
        entry = AuditEntry(sequence=head.sequence + 1, previous=head.digest, at=self.clock(), fact=fact)
        self._head = self._chain.append(entry)
        return entry

    @property
    def _chain(self) -> Chain[AuditEntry]:
        return Chain(self.store, _LAYOUT, AuditEntry)
