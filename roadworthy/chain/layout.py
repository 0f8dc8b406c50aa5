"""Where a chain's entries lie in a store, and what errors about them say."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.errors import IntegrityError


@dataclass(frozen=True)
class Layout:
    """The keys of one chain, by number."""

    name: str
    """What errors call the chain: the audit log."""
    folder: str
    """Ends in a slash."""
    digits: int
    shelf: int = 0
    """So many entries share a folder: file systems and people dislike a million. 0: all do."""

    def key(self, number: int) -> str:
        """Return an entry's key."""
        return f"{self.shelf_of(number)}{number:0{self.digits}d}.json"

    def shelf_of(self, number: int) -> str:
        """Return the folder in which an entry lies."""
        return f"{self.folder}{number // self.shelf:06d}/" if self.shelf else self.folder

    def number(self, key: str) -> int | None:
        """Return the number of the entry with this key, or None when no entry has such a key."""
        digits = key.rpartition("/")[2].removesuffix(".json")
        known = digits.isascii() and digits.isdecimal() and int(digits) > 0 and key == self.key(int(digits))
        return int(digits) if known else None

    def broken(self, number: int, problem: str, address: str) -> IntegrityError:
        """Return the error for an entry of the chain in the store at `address`."""
        return IntegrityError(
            f"Entry {number} of {self.name} {problem}.",
            where=f"{address}: {self.key(number)}",
            remedy="Restore this entry from a copy of the store, and find out who can write to it.",
        )

    def stray(self, key: str, address: str) -> IntegrityError:
        """Return the error for something that lies among the entries and is none."""
        return IntegrityError(
            f"Something that is no entry lies in {self.name}.",
            where=f"{address}: {key}",
            remedy="Find out who wrote it, and take it away.",
        )
