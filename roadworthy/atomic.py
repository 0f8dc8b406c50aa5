"""Writes that either happened or did not: a reader never sees half a file, a killed writer leaves none behind."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
        _remove(temporary)


def sweep(folder: Path) -> None:
    """Remove the temporary files below `folder` whose process is gone."""
    for path in folder.rglob(".tmp-*"):
        if not _alive(int(path.name.split("-")[1])):
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
