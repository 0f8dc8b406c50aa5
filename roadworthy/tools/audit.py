"""The audit log of tool calls: an append-only chain of entries in a store, for many writers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from roadworthy.digest import digest_bytes
from roadworthy.errors import Busy
from roadworthy.store import AlreadyStored, NotStored, Store
from roadworthy.tools.approvals import utc_now
from roadworthy.tools.audit_entry import AuditedCall, AuditEntry, broken, entry_bytes, parse_entry

_PATIENCE = 30
"""Seconds for which a writer competes with others for the next entry."""
_READERS = 8
_BATCH = 512
_FOLDER = "audit/"


@dataclass(frozen=True)
class AuditHead:
    """How far the log goes: kept elsewhere, it shows later that no entry at the end was removed."""

    sequence: int = 0
    """The last entry's number; 0 in an empty log."""
    digest: str | None = None


@dataclass
class AuditLog:
    """The log in `store`. Of several writers, in this process or others, each gets a place of its own.

    A writer remembers the head it saw last, so that an entry costs one write, however long the log is.
    """

    store: Store
    clock: Callable[[], datetime] = utc_now
    _head: AuditHead | None = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def record(self, fact: AuditedCall) -> AuditEntry:
        """Add an entry and return it, once it is durable.

        Raises `Unavailable` when the store can't be written, `Busy` when others are always faster, and
        `IntegrityError` when the entry that it would follow is broken.
        """
        # Late imports: start-up time.
        from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

        compete = Retrying(
            retry=retry_if_exception_type(AlreadyStored),
            wait=wait_random_exponential(multiplier=0.005, max=0.2),
            stop=stop_after_delay(_PATIENCE),
            reraise=True,
        )
        with self._lock:
            try:
                return compete(self._append, fact)
            except AlreadyStored as error:
                raise Busy(
                    "Others wrote to the audit log all the time.",
                    where=self.store.address,
                    remedy="Nothing was done: ask again.",
                ) from error

    def entries(self) -> Iterator[AuditEntry]:
        """Yield all entries in order, each checked. Raises `IntegrityError` that names the first broken one."""
        return (entry for entry, _ in self._checked())

    def verify(self, known: AuditHead | None = None) -> AuditHead:
        """Check the whole chain and return its head.

        With the head that was `known` at some earlier time, also check that the chain still contains it: a chain
        alone can't show that its last entries were removed, or that all was written anew.
        Raises `IntegrityError` that names the first broken entry.
        """
        head = AuditHead()
        for entry, digest in self._checked():
            head = AuditHead(entry.sequence, digest)
            if known is not None and head.sequence == known.sequence and digest != known.digest:
                raise broken("is not the one that was seen here before", self._where(head.sequence))
        if known is not None and head.sequence < known.sequence:
            raise broken("is missing; it was seen here before", self._where(head.sequence + 1))
        return head

    def _append(self, fact: AuditedCall) -> AuditEntry:
        head = self._follow(self._head or self._start())
        entry = AuditEntry(sequence=head.sequence + 1, previous=head.digest, at=self.clock(), fact=fact)
        content = entry_bytes(entry)
        self._head = head
        self.store.create(_key(entry.sequence), content)
        self._head = AuditHead(entry.sequence, digest_bytes(content))
        return entry

    def _start(self) -> AuditHead:
        last = self._last()
        return self._at(last) if last else AuditHead()

    def _follow(self, head: AuditHead) -> AuditHead:
        """Return the head after what others wrote since `head`."""
        while self.store.contains(_key(head.sequence + 1)):
            head = self._at(head.sequence + 1)
        return head

    def _at(self, number: int) -> AuditHead:
        content = self._content(number)
        parse_entry(content, self._where(number))
        return AuditHead(number, digest_bytes(content))

    def _checked(self) -> Iterator[tuple[AuditEntry, str]]:
        previous: str | None = None
        for number, content in self._contents():
            entry = parse_entry(content, self._where(number))
            if entry.sequence != number:
                raise broken(f"is in the wrong place: it is number {entry.sequence}", self._where(number))
            if entry.previous != previous:
                # Each was sound by itself: the one before it was replaced, or removed at the chain's start.
                raise broken(f"is not the one to which entry {number} was added", self._where(max(number - 1, 1)))
            previous = digest_bytes(content)
            yield entry, previous

    def _contents(self) -> Iterator[tuple[int, bytes]]:
        numbers = range(1, self._last() + 1)
        with ThreadPoolExecutor(_READERS) as readers:
            # In batches: a log may be longer than memory.
            for start in range(0, len(numbers), _BATCH):
                batch = numbers[start : start + _BATCH]
                yield from zip(batch, readers.map(self._content, batch), strict=True)

    def _content(self, number: int) -> bytes:
        try:
            return self.store.read(_key(number))
        except NotStored:
            raise broken("is missing", self._where(number)) from None

    def _last(self) -> int:
        """Return the highest number in the store. A listing made while others write may miss lower ones."""
        last = 0
        for key in self.store.keys(_FOLDER):
            number = key.rpartition("/")[2].removesuffix(".json")
            if not number.isdecimal() or int(number) == 0 or key != _key(int(number)):
                raise broken("is none: something else lies there", f"{self.store.address}: {key}")
            last = max(last, int(number))
        return last

    def _where(self, number: int) -> str:
        return f"{self.store.address}: {_key(number)}"


def _key(number: int) -> str:
    """Return an entry's key. A thousand share a folder: file systems and people dislike a million."""
    return f"{_FOLDER}{number // 1000:06d}/{number:09d}.json"
