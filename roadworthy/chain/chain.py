"""The chain: reads and checks entries in order, finds its end, and adds one in a place that nobody has taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from roadworthy.chain.layout import Layout
from roadworthy.chain.link import EMPTY, Head, Link, sealed, unsealed
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError
from roadworthy.store import NotStored, Store

_READERS = 8
_BATCH = 512
_Entry = TypeVar("_Entry", bound=Link)


def nothing_foreign(entry: Any) -> str:
    """Say that every entry which can be read belongs here."""
    return ""


@dataclass(frozen=True)
class Linked(Generic[_Entry]):
    """An entry that was checked, and the head of the chain that ends in it."""

    entry: _Entry
    head: Head


@dataclass(frozen=True)
class Chain(Generic[_Entry]):
    """The entries of one kind in `store`. All methods raise `IntegrityError` that names the first broken entry."""

    store: Store
    layout: Layout
    kind: type[_Entry]
    foreign: Callable[[_Entry], str] = nothing_foreign
    """Says to what else an entry belongs that does not belong here; empty when it does."""

    def after(self, head: Head = EMPTY) -> Iterator[Linked[_Entry]]:
        """Yield the entries after `head` in order, each checked; never more than a few hundred are in memory."""
        for number, content in self._contents(range(head.sequence + 1, self.last() + 1)):
            linked = self._checked(content, number, head)
            head = linked.head
            yield linked

    def left(self) -> Iterator[Linked[_Entry]]:
        """Yield what is left, each checked, when the first entries were removed by a policy.

        What the first one left was added to is taken from it: nobody can check that any more.
        """
        first = min(self._numbers(self.layout.folder), default=1)
        head = EMPTY if first == 1 else Head(first - 1, self._parsed(self._content(first), first).previous)
        return self.after(head)

    def verify(self, known: Head | None = None) -> Head:
        """Check the whole chain and return its head.

        With the head that was `known` at some earlier time, also check that the chain still contains it: a chain
        alone can't show that its last entries were removed, or that all was written anew.
        """
        head = EMPTY
        for linked in self.after():
            head = linked.head
            if known is not None and head.sequence == known.sequence and head != known:
                raise self._broken(head.sequence, "is not the one that was seen here before")
        if known is not None and head.sequence < known.sequence:
            raise self._broken(head.sequence + 1, "is missing; it was seen here before")
        return head

    def newest(self) -> Head:
        """Return the head without reading what is before it; the last entry itself is checked."""
        last = self._last_of(self._last_shelf())
        return self._at(last, self._content(last)) if last else EMPTY

    def follow(self, head: Head) -> Head:
        """Return the head after what others added since `head`."""
        while True:
            try:
                content = self.store.read(self.layout.key(head.sequence + 1))
            except NotStored:
                return head
            head = self._checked(content, head.sequence + 1, head).head

    def append(self, entry: _Entry) -> Head:
        """Add an entry, durably, and return the new head. Raises `AlreadyStored` when its place is taken."""
        content = sealed(entry)
        self.store.create(self.layout.key(entry.sequence), content)
        return Head(entry.sequence, digest_bytes(content))

    def last(self) -> int:
        """Return the highest number in the store. A listing made while others write may miss lower ones."""
        return self._last_of(self.layout.folder)

    def _last_shelf(self) -> str:
        """Return the last folder that holds entries, found by doubling and halving: a log may have a million."""
        if not self.layout.shelf:
            return self.layout.folder
        if not self._on_shelf(0):
            # Nothing yet, or the first shelves were removed by a policy.
            return self.layout.folder
        full, empty = 0, 1
        while self._on_shelf(empty):
            full, empty = empty, empty * 2
        while empty - full > 1:
            middle = (full + empty) // 2
            full, empty = (middle, empty) if self._on_shelf(middle) else (full, middle)
        return self.layout.shelf_of(full * self.layout.shelf)

    def _on_shelf(self, shelf: int) -> bool:
        return bool(self.store.keys(self.layout.shelf_of(shelf * self.layout.shelf)))

    def _last_of(self, folder: str) -> int:
        return max(self._numbers(folder), default=0)

    def _numbers(self, folder: str) -> Iterator[int]:
        for key in self.store.keys(folder):
            number = self.layout.number(key)
            if number is None:
                raise self.layout.stray(key, self.store.address)
            yield number

    def _contents(self, numbers: range) -> Iterator[tuple[int, bytes]]:
        if not numbers:
            return
        with ThreadPoolExecutor(min(_READERS, len(numbers))) as readers:
            for start in range(0, len(numbers), _BATCH):
                batch = numbers[start : start + _BATCH]
                yield from zip(batch, readers.map(self._content, batch), strict=True)

    def _content(self, number: int) -> bytes:
        try:
            return self.store.read(self.layout.key(number))
        except NotStored:
            raise self._broken(number, "is missing") from None

    def _checked(self, content: bytes, number: int, before: Head) -> Linked[_Entry]:
        entry = self._parsed(content, number)
        if entry.previous != before.digest:
            # Each is sound by itself: the one before it was replaced, or this one is no first.
            raise self._broken(max(number - 1, 1), f"is not the one to which entry {number} was added")
        return Linked(entry, Head(number, digest_bytes(content)))

    def _at(self, number: int, content: bytes) -> Head:
        self._parsed(content, number)
        return Head(number, digest_bytes(content))

    def _parsed(self, content: bytes, number: int) -> _Entry:
        body = unsealed(content)
        if body is None:
            raise self._broken(number, "was cut short or changed after it was written")
        try:
            entry = self.kind.model_validate_json(body)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise self._broken(number, f"is none that this version can read ({place}: {first['msg']})") from None
        elsewhere = self.foreign(entry)
        if elsewhere or entry.sequence != number:
            raise self._broken(number, f"belongs to {elsewhere or self.layout.name}, number {entry.sequence}")
        return entry

    def _broken(self, number: int, problem: str) -> IntegrityError:
        return self.layout.broken(number, problem, self.store.address)
