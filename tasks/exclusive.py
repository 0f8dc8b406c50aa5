"""One writer a work tree: a lock that the kernel lets go when the last of a release's processes is gone."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from roadworthy.errors import Busy

LOCK_FILE = "work-tree.lock"


@contextmanager
def exclusive(home: Path, purpose: str) -> Iterator[int]:
    """Hold the work tree's lock; yield its file descriptor, which worker processes inherit.

    A worker that outlives its parent still holds the lock, so nobody writes beside it.
    Raises `Busy`, naming who holds it and since when.
    """
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, home)
        _write_holder(descriptor, purpose)
        yield descriptor
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


def _write_holder(descriptor: int, purpose: str) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    content = json.dumps({"purpose": purpose, "process": os.getpid(), "since": since}).encode()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)


def _read_holder(descriptor: int) -> str:
    try:
        content = json.loads(os.pread(descriptor, 4096, 0))
        return f"{content['purpose']} (process {content['process']}, since {content['since']})"
    except (ValueError, KeyError):
        return "another process has just taken it"
