"""Writes that either happened or did not: a reader never sees half a file, a killed writer leaves none behind."""

from __future__ import annotations

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
