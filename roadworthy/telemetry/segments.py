"""Segments: files of JSON lines on the local disk, each written by one process that holds a lock on it.

A segment whose lock is free is closed for good: its writer has gone on to another one, or is dead.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

ENDING = ".jsonl"
_TRIES = 3


class Segment:
    """A segment that this process writes; the lock (flock(2)) goes with the process, however it ends."""

    def __init__(self, path: Path, descriptor: int, opened: float) -> None:
        self.path = path
        self.opened = opened
        """When, on the clock of whoever opened it."""
        self.size = 0
        """In bytes, of what is safe on the disk."""
        self.events = 0
        """How many of its lines are events."""
        self._descriptor = descriptor

    def append(self, lines: list[bytes], events: int) -> None:
        """Write whole lines, `events` of them events, durably, or raise `OSError` and leave none of them."""
        content = b"".join(lines)
        try:
            _write(self._descriptor, content)
            os.fsync(self._descriptor)
            self._still_there()
        except OSError:
            self._cut()
            raise
        self.size += len(content)
        self.events += events

    def close(self) -> None:
        """Let go of the lock: the segment may be sealed."""
        os.close(self._descriptor)

    def _still_there(self) -> None:
        # The system writes to a file that somebody has removed without a word.
        if os.fstat(self._descriptor).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.path))

    def _cut(self) -> None:
        """Take off what a failed write has left; where that fails too, a reader leaves out a torn line."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, self.size)


def new_segment(folder: Path, now: float) -> Segment:
    """Start an empty segment in `folder`, which is made when it is missing. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for _ in range(_TRIES):
        path = folder / _name()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        # A sealer may have found the file before it was locked, and have removed it as one of a dead process.
        if _locked(descriptor) and os.fstat(descriptor).st_nlink:
            _flush_folder(folder)
            return Segment(path, descriptor, now)
        os.close(descriptor)
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(folder))


def segments_in(folder: Path) -> list[Path]:
    """Return the segments in `folder`, open ones too, the oldest first; none when there is no such folder."""
    return sorted(folder.glob(f"*{ENDING}"))


@contextmanager
def claimed(path: Path) -> Iterator[bytes | None]:
    """Yield the content of a closed segment, which is nobody else's meanwhile.

    Yields None when its writer is alive, when somebody else is sealing it, or when it is gone. Raises `OSError`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    with os.fdopen(descriptor, "rb") as file:
        free = _locked(descriptor) and os.fstat(descriptor).st_nlink
        yield file.read() if free else None


def _name() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(8)}{ENDING}"


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
