"""A file that appears whole and on the disk, or not at all, and only where there was none."""

from __future__ import annotations

import errno
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from roadworthy.processes import is_alive


@contextmanager
def creating(path: Path) -> Iterator[BinaryIO]:
    """Yield an open file that takes its name `path` when the block succeeds.

    Of several writers one wins; the others get `FileExistsError`. A killed writer leaves nothing: the file
    has no name before it is whole (`O_TMPFILE`, see open(2)). Where the file system can't do that, it has a
    temporary name, and the next writer of this machine removes what a killed one left.
    Raises `OSError` when the disk is full or may not be written to.
    """
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    _make_folder(path.parent)
    unnamed = _open_unnamed(path.parent)
    with _named(path) if unnamed is None else _linked(path, unnamed) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    _flush_folder(path.parent)


@contextmanager
def _linked(path: Path, unnamed: int) -> Iterator[BinaryIO]:
    with os.fdopen(unnamed, "wb") as file:
        yield file
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            # Python follows the link in /proc only when it is given a folder's descriptor.
            os.link(f"/proc/self/fd/{unnamed}", path.name, dst_dir_fd=folder, follow_symlinks=True)
        finally:
            os.close(folder)


@contextmanager
def _named(path: Path) -> Iterator[BinaryIO]:
    remove_leftovers(path.parent)
    temporary = path.parent / f".creating-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex}"
    try:
        with temporary.open("xb") as file:
            yield file
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files in `folder` of this machine's dead processes; others may be alive."""
    for leftover in folder.glob(f".creating-{socket.gethostname()}-*-*"):
        if not is_alive(int(leftover.name.split("-")[-2])):
            leftover.unlink(missing_ok=True)


def _open_unnamed(folder: Path) -> int | None:
    """Return the descriptor of a file without a name in `folder`, or None where there is no such thing."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(folder, flag | os.O_WRONLY, 0o666)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            return None
        raise


def _make_folder(folder: Path) -> None:
    """Make `folder` and its parents, each durably."""
    if folder.is_file():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
