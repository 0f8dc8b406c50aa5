"""Takes files out of archives: by name, bounded in size, and never to a place that the archive chooses."""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import IO

from roadworthy.errors import SourceError
from tasks.sources.interface import LARGEST_FILE, PIECE, FetchedSource

BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
"""What the standard library raises for a truncated, damaged or encrypted archive."""


def take_member(archive: Path, archive_name: str, member: str, target: Path) -> bool:
    """Copy the file `member` out of a wheel or source archive to `target`; return whether it is in there.

    In a source archive `member` is relative to the one folder that all its files lie in.
    """
    with _explaining(archive_name):
        if zipfile.is_zipfile(archive):
            return _take_from_zip(archive, member, target)
        return _take_from_tar(archive, member, target)


def suggest_member(archive: Path, member: str) -> str | None:
    """Return the name in the archive that comes nearest to `member`."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    else:
        with tarfile.open(archive) as opened_tar:
            names = [_below_top(name) for name in opened_tar.getnames()]
    same_ending = [name for name in names if PurePosixPath(name).name == PurePosixPath(member).name]
    return next(iter(same_ending or get_close_matches(member, names, n=1)), None)


def unpacked(source: FetchedSource, folder: Path) -> FetchedSource:
    """Return the plain file: itself, or what is in the .zip, .gz or .zst, written to `folder`."""
    ending = PurePosixPath(source.name).suffix.lower()
    if ending not in {".zip", ".gz", ".zst"}:
        return source
    target = folder / "unpacked"
    with _explaining(source.name):
        name = {".zip": _unzip, ".gz": _gunzip, ".zst": _unzstd}[ending](source, target)
    return FetchedSource(name, target)


def _unzip(source: FetchedSource, target: Path) -> str:
    with zipfile.ZipFile(source.path) as archive:
        files = [entry for entry in archive.infolist() if not entry.is_dir() and "__MACOSX/" not in entry.filename]
        if len(files) != 1:
            raise SourceError(
                f"the archive holds {len(files)} files, not one",
                where=source.name,
                remedy="pack each table into an archive of its own",
            )
        with archive.open(files[0]) as member:
            _copy(member, target, source.name)
        return files[0].filename


def _gunzip(source: FetchedSource, target: Path) -> str:
    with gzip.open(source.path) as content:
        _copy(content, target, source.name)
    return source.name[: -len(".gz")]


def _unzstd(source: FetchedSource, target: Path) -> str:
    import pyarrow  # Late: start-up time. Python 3.11 has no Zstandard of its own.

    with pyarrow.input_stream(str(source.path), compression="zstd") as content:
        _copy(content, target, source.name)
    return source.name[: -len(".zst")]


def _take_from_zip(archive: Path, member: str, target: Path) -> bool:
    with zipfile.ZipFile(archive) as opened:
        # A wheel has its files at the top, a zipped source archive below one folder.
        name = next((name for name in opened.namelist() if member in (name, _below_top(name))), None)
        if name is None:
            return False
        with opened.open(name) as content:
            _copy(content, target, member)
    return True


def _take_from_tar(archive: Path, member: str, target: Path) -> bool:
    with tarfile.open(archive, "r:*") as opened:
        for entry in opened:
            if entry.isreg() and _below_top(entry.name) == member:
                content = opened.extractfile(entry)
                if content is None:
                    return False
                with content:
                    _copy(content, target, member)
                return True
    return False


def _below_top(name: str) -> str:
    return name.removeprefix("./").partition("/")[2]


def _copy(content: IO[bytes], target: Path, name: str) -> None:
    length = 0
    with target.open("wb") as file:
        while piece := content.read(PIECE):
            length += len(piece)
            if length > LARGEST_FILE:
                raise SourceError(
                    f"unpacked, the file is larger than {LARGEST_FILE // 2**30} GiB",
                    where=name,
                    remedy="split the table; if it should be small, don't trust this archive",
                )
            file.write(piece)


@contextmanager
def _explaining(name: str) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # The disk's fault (full, not readable), not the archive's.
        raise SourceError(
            f"the archive is truncated or damaged ({error or type(error).__name__})",
            where=name,
            remedy="fetch or pack it again, and correct its sha256",
        ) from None
