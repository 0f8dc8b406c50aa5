"""Writes that either happened or did not: a reader never sees half a file, a killed writer leaves none behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roadworthy.processes import is_alive


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file at `path` with `content` in one step, durably."""
    with replacing_folder_or_file(path) as temporary:
        temporary.write_bytes(content)
        _flush(temporary)


def append_lines(path: Path, lines: bytes) -> None:
    """Put whole lines behind those of the file at `path`, in one step, durably; writers who meet lose none.

    They take turns by a lock on the folder (flock(2)): it leaves no file, and goes with its process. Whoever replaces
    the file without that lock, such as an editor, may still lose what was written meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _turn(path.parent):
        before = path.read_bytes() if path.exists() else b""
        if before and not before.endswith(b"\n"):
            before += b"\n"
        write_bytes(path, before + lines)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def replacing_folder_or_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block succeeds, it takes the place of `path`.

    The name starts with `.tmp-`, by which `sweep` finds what a killed process left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".tmp-{os.getpid()}-{uuid.uuid4().hex[:8]}-{path.name}"
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        remove(temporary)


def sweep(folder: Path, pattern: str = "**/.tmp-*") -> None:
    """Remove the temporary files in `folder` whose process is gone: those below it too, unless `pattern` says less."""
    for path in list(folder.glob(pattern)):
        process = path.name.split("-")[1]
        if process.isdecimal() and not is_alive(int(process)):
            remove(path)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
