"""A small real store in memory, for tests that write much and care little about disks."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from roadworthy.store import already_stored, checked_key, checked_prefix, checked_removable, not_stored


@dataclass
class MemoryStore:
    """Keeps the promises of `Store`, as long as it lives."""

    address: str = "memory"
    _kept: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, key: str, content: bytes) -> None:
        """See `Store.create`."""
        with self._lock:
            if checked_key(key) in self._kept:
                raise already_stored(key, self.address)
            self._kept[key] = content

    def create_from_file(self, key: str, path: Path) -> None:
        """See `Store.create_from_file`."""
        self.create(key, path.read_bytes())

    def read(self, key: str) -> bytes:
        """See `Store.read`."""
        if checked_key(key) not in self._kept:
            raise not_stored(key, self.address)
        return self._kept[key]

    def read_to_file(self, key: str, path: Path) -> None:
        """See `Store.read_to_file`."""
        path.write_bytes(self.read(key))

    def contains(self, key: str) -> bool:
        """See `Store.contains`."""
        return checked_key(key) in self._kept

    def keys(self, prefix: str = "") -> list[str]:
        """See `Store.keys`."""
        with self._lock:
            return sorted(key for key in self._kept if key.startswith(checked_prefix(prefix)))

    def remove(self, key: str) -> None:
        """See `Store.remove`."""
        with self._lock:
            self._kept.pop(checked_removable(key), None)
