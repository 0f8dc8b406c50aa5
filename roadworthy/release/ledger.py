"""The ledger of a capability: an append-only chain of entries in a store, the truth about its releases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from roadworthy.digest import digest_bytes
from roadworthy.errors import Busy, IntegrityError
from roadworthy.release.entries import Actor, Entry, Fact, entry_bytes, parse_entry
from roadworthy.store import AlreadyStored, NotStored, Store

Decide = Callable[[tuple[Entry, ...]], Fact | None]
"""Looks at what is recorded and says what to record next: None for nothing; may raise, best `RuleBroken`."""

_READERS = 8
_PATIENCE = 60
"""Seconds for which a writer competes with others for the next entry."""


@dataclass(frozen=True)
class Head:
    """How far a ledger goes: kept elsewhere, it shows later that no entry at the end was removed."""

    sequence: int
    """The last entry's number; 0 in an empty ledger."""
    digest: str | None
    """The last entry's digest."""


def utc_now() -> datetime:
    """Return what the clock says."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Chain:
    """Entries that were read and checked, in order, each with the digest of its bytes."""

    entries: tuple[Entry, ...] = ()
    digests: tuple[str, ...] = ()

    @property
    def head(self) -> Head:
        return Head(len(self.entries), self.digests[-1] if self.digests else None)


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
        return self._read(_Chain()).entries

    def verify(self, known: Head | None = None) -> Head:
        """Check the whole chain and return its head.

        With the head that was `known` at some earlier time, also check that the chain still contains it: a
        chain alone can't show that its last entries were removed. Raises `IntegrityError`.
        """
        chain = self._read(_Chain())
        if known is not None and known.sequence and known.digest not in chain.digests[known.sequence - 1 :][:1]:
            raise self._broken(known.sequence, "is not the one that was seen here before, or is gone")
        return chain.head

    def record(self, decide: Decide, by: Actor) -> Entry | None:
        """Record what `decide` says about the entries that are there; return the new entry, or None.

        When another writer takes the place, `decide` is asked again about what is there then; so it has to be
        free of side effects. Raises what `decide` raises, and `Busy` when others are always faster.
        """
        # Late: readers don't need it.
        from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

        chain = _Chain()

        def attempt() -> Entry | None:
            nonlocal chain
            chain = self._read(chain)
            fact = decide(chain.entries)
            return None if fact is None else self._append(chain.head, fact, by)

        compete = Retrying(
            retry=retry_if_exception_type(AlreadyStored),
            wait=wait_random_exponential(multiplier=0.01, max=0.5),
            stop=stop_after_delay(_PATIENCE),
            reraise=True,
        )
        try:
            return compete(attempt)
        except AlreadyStored as error:
            raise Busy(
                f"Others wrote to the ledger of '{self.capability}' all the time.",
                where=self.store.address,
                remedy="Nothing was recorded: run the command again.",
            ) from error

    def _append(self, head: Head, fact: Fact, by: Actor) -> Entry:
        entry = Entry(
            capability=self.capability,
            sequence=head.sequence + 1,
            previous=head.digest,
            at=self.clock(),
            by=by,
            fact=fact,
        )
        self.store.create(self._key(entry.sequence), entry_bytes(entry))
        return entry

    def _read(self, chain: _Chain) -> _Chain:
        """Return `chain` with the entries after it."""
        numbers = range(chain.head.sequence + 1, self._last() + 1)
        if not numbers:
            return chain
        entries, digests = list(chain.entries), list(chain.digests)
        with ThreadPoolExecutor(min(_READERS, len(numbers))) as readers:
            for number, content in zip(numbers, readers.map(self._content, numbers), strict=True):
                previous = digests[-1] if digests else None
                entries.append(self._checked(content, number, previous))
                digests.append(digest_bytes(content))
        return _Chain(tuple(entries), tuple(digests))

    def _last(self) -> int:
        """Return the highest number in the store. A listing made while others write may miss lower ones."""
        last = 0
        for key in self.store.keys(self._folder):
            number = key.removeprefix(self._folder).removesuffix(".json")
            if not number.isdecimal() or key != self._key(int(number)) or int(number) == 0:
                raise IntegrityError(
                    "Something that is no entry lies in the ledger.",
                    where=f"{self.store.address}: {key}",
                    remedy="Find out who wrote it, and take it away.",
                )
            last = max(last, int(number))
        return last

    def _content(self, number: int) -> bytes:
        try:
            return self.store.read(self._key(number))
        except NotStored as error:
            raise self._broken(number, "is missing") from error

    def _checked(self, content: bytes, number: int, previous: str | None) -> Entry:
        entry = parse_entry(content, self._where(number))
        if (entry.capability, entry.sequence) != (self.capability, number):
            raise self._broken(number, f"belongs to {entry.capability}, number {entry.sequence}")
        if entry.previous != previous:
            raise self._broken(max(number - 1, 1), f"is not the one to which entry {number} was added")
        return entry

    def _broken(self, number: int, problem: str) -> IntegrityError:
        return IntegrityError(
            f"Entry {number} of the ledger of '{self.capability}' {problem}.",
            where=self._where(number),
            remedy="Restore this entry from a copy of the store, and find out who can write to it.",
        )

    @property
    def _folder(self) -> str:
        return f"ledger/{self.capability}/"

    def _key(self, number: int) -> str:
        return f"{self._folder}{number:08d}.json"

    def _where(self, number: int) -> str:
        return f"{self.store.address}: {self._key(number)}"
