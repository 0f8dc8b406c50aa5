"""One writer a work tree: a lock that the kernel lets go when the last of a release's processes is gone."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from roadworthy.errors import Busy

LOCK_FILE = "work-tree.lock"
_LONGEST = 4096


@contextmanager
def exclusive(home: Path, purpose: str, clear: Callable[[], None] | None = None) -> Iterator[int]:
    """Hold the work tree's lock; yield its file descriptor, which worker processes inherit.

    A worker that outlives its parent still holds the lock, so nobody writes beside it. When a holder before did not
    come to its end, `clear` is called first, to clear away what was left; without it, that waits for the next holder.
    Raises `Busy`, naming who holds it and since when.
    """
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, home)
        # A holder that comes to its end takes its name out of the file again.
        cut_short = os.pread(descriptor, _LONGEST, 0)
        _write(descriptor, _holder(purpose))
        if cut_short and clear:
            clear()
            cut_short = b""
        yield descriptor
        _write(descriptor, cut_short)
    finally:
        os.close(descriptor)


def _take(descriptor: int, home: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read_holder(descriptor)
        raise Busy(
            f"this work tree is in use: {holder}",
            where=str(home / LOCK_FILE),
            remedy="wait until it is done, or stop that process; two releases can't share one work tree",
        ) from None


def _holder(purpose: str) -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"purpose": purpose, "process": os.getpid(), "since": since}).encode()


def _write(descriptor: int, content: bytes) -> None:
    # In this order, so that the file is never empty in between: a name in it is how the next holder knows.
    os.pwrite(descriptor, content, 0)
    os.ftruncate(descriptor, len(content))


def _read_holder(descriptor: int) -> str:
    try:
        content = json.loads(os.pread(descriptor, _LONGEST, 0))
        return f"{content['purpose']} (process {content['process']}, since {content['since']})"
    except (ValueError, KeyError):
        return "another process has just taken it"
