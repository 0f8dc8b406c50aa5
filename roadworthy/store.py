"""The store: named bytes, written once, never changed, removed only where a policy says so; here in a local folder."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.create_once import creating
from roadworthy.errors import Busy, Unavailable, UnknownName, UsageError

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+=-]{0,199}")
_PIECE = 1 << 20
REMOVABLE = ("telemetry/", "watch/", "alerts/")
"""What may be removed: what happened, after the time for which it is kept. What was released and decided stays."""


class AlreadyStored(Busy):
    """There is something under this key already; it was left as it is."""


class NotStored(UnknownName):
    """There is nothing under this key."""


class Store(Protocol):
    """What every store does. Keys look like `ledger/flight-delay/00000001.json`.

    Each method raises `UsageError` for a malformed key, and `Unavailable` when the store can't be reached, is
    full or forbids it.
    """

    @property
    def address(self) -> str:
        """Where the store is, as people write it in settings; holds no secret."""

    def create(self, key: str, content: bytes) -> None:
        """Keep `content` under `key`, durably, or raise `AlreadyStored`; a killed writer leaves nothing."""

    def create_from_file(self, key: str, path: Path) -> None:
        """Do what `create` does with the content of the file at `path`, in pieces."""

    def read(self, key: str) -> bytes:
        """Return what was kept under `key`, or raise `NotStored`."""

    def read_to_file(self, key: str, path: Path) -> None:
        """Put what was kept under `key` in the place of `path` in one step, or raise `NotStored`."""

    def contains(self, key: str) -> bool:
        """Say whether something is kept under `key`."""

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys that start with `prefix`, at any depth, sorted."""

    def remove(self, key: str) -> None:
        """Remove for good what is kept under `key`; nothing happens when it is gone, since sweepers may meet.

        Raises `UsageError` outside of `REMOVABLE`: ledgers, bundles and the audit log are never removed.
        """


@dataclass(frozen=True)
class LocalStore:
    """A store in a folder, which is made at the first write."""

    folder: Path

    @property
    def address(self) -> str:
        """The folder's path."""
        return str(self.folder)

    def create(self, key: str, content: bytes) -> None:
        """See `Store.create`."""
        with self._creating(key) as file:
            file.write(content)

    def create_from_file(self, key: str, path: Path) -> None:
        """See `Store.create_from_file`."""
        with path.open("rb") as source, self._creating(key) as file:
            shutil.copyfileobj(source, file, _PIECE)

    def read(self, key: str) -> bytes:
        """See `Store.read`."""
        with self._reading(key) as file:
            return file.read()

    def read_to_file(self, key: str, path: Path) -> None:
        """See `Store.read_to_file`."""
        with self._reading(key) as source, explaining(path), replacing_folder_or_file(path) as temporary:
            _copy(source, temporary)

    def contains(self, key: str) -> bool:
        """See `Store.contains`."""
        path = self.folder / checked_key(key)
        with explaining(path):
            return path.is_file()

    def keys(self, prefix: str = "") -> list[str]:
        """See `Store.keys`."""
        start = self.folder / checked_prefix(prefix).rpartition("/")[0]
        found = (path.relative_to(self.folder).as_posix() for path in self._files(start))
        return sorted(key for key in found if key.startswith(prefix))

    def remove(self, key: str) -> None:
        """See `Store.remove`; the folder stays, because a writer may be at work in it."""
        path = self.folder / checked_removable(key)
        with explaining(path), suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()

    def _files(self, start: Path) -> Iterator[Path]:
        def refuse(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                raise _unavailable(error, start) from error

        for folder, _, names in os.walk(start, onerror=refuse):
            # A name that is no key is a temporary file of a writer who is at work.
            yield from (Path(folder, name) for name in names if _PART.fullmatch(name))

    @contextmanager
    def _creating(self, key: str) -> Iterator[BinaryIO]:
        path = self.folder / checked_key(key)
        with explaining(path):
            try:
                with creating(path) as file:
                    yield file
            except FileExistsError as error:
                raise already_stored(key, self.address) from error

    @contextmanager
    def _reading(self, key: str) -> Iterator[BinaryIO]:
        path = self.folder / checked_key(key)
        with explaining(path):
            try:
                file = path.open("rb")
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                raise not_stored(key, self.address) from error
            with file:
                yield file


def checked_key(key: str) -> str:
    """Return `key`, or raise `UsageError` when it could leave a store or some kind of store can't keep it."""
    if not all(_PART.fullmatch(part) for part in key.split("/")):
        raise UsageError(
            f"'{key}' can't be a key in a store.",
            remedy="Take letters, digits and . _ @ + = - between slashes; no part empty or led by a dot.",
        )
    return key


def checked_removable(key: str) -> str:
    """Return `key`, or raise `UsageError` when it is malformed or what is kept there is kept for ever."""
    if not checked_key(key).startswith(REMOVABLE):
        raise UsageError(
            f"'{key}' is kept for ever.",
            where=key,
            remedy=f"Only what lies below {', '.join(REMOVABLE)} may be removed.",
        )
    return key


def checked_prefix(prefix: str) -> str:
    """Return `prefix`, or raise `UsageError` when no key could start with it."""
    checked_key(prefix + "x")
    return prefix


def already_stored(key: str, address: str) -> AlreadyStored:
    """Return the error for a key that is taken."""
    return AlreadyStored(
        f"'{key}' is stored already, and what is stored never changes.",
        where=address,
        remedy="Somebody else was faster: run the command again, it goes on from what is there now.",
    )


def not_stored(key: str, address: str) -> NotStored:
    """Return the error for a key that is free."""
    return NotStored(
        f"There is no '{key}' in the store.",
        where=address,
        remedy="Check that ROADWORTHY_STORE names the store into which this was released.",
    )


def _copy(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, _PIECE)


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn what the operating system says about `path` into `Unavailable`."""
    try:
        yield
    except OSError as error:
        raise _unavailable(error, path) from error


def _unavailable(error: OSError, path: Path) -> Unavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        problem = "The disk is full; nothing was written."
        remedy = "Free some space there, or move it to a larger disk, then run the command again."
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        problem = "This user may not use this path."
        remedy = "Get the right to read and write it, or name another store in ROADWORTHY_STORE."
    else:
        problem = f"This path can't be used: {error.strerror or error}."
        remedy = "Check that ROADWORTHY_STORE names a folder on a disk that works."
    return Unavailable(problem, where=str(path), remedy=remedy)
