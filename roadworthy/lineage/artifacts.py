"""Turns files into artifacts, and notices when one of them changes meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from roadworthy.digest import digest_file
from roadworthy.lineage.interface import Artifact, Field
from roadworthy.lineage.masking import mask

# Late imports below: start-up time.

_SETTLED_NANOSECONDS = 2_000_000_000


def files_below(paths: Iterable[Path]) -> list[Path]:
    """Return the files among `paths` and in the folders among them, sorted, each once.

    Left out is what Python and killed writers leave in a folder, `__pycache__` and `.tmp-*`: nobody reads it as data.
    """
    found = {file for path in paths for file in _files(path)}
    return sorted(found)


def name_of(path: Path, root: Path) -> str:
    """Return the path relative to `root` with forward slashes, or a `file:` URI when it lies elsewhere."""
    absolute = path.absolute()
    if absolute.is_relative_to(root.absolute()):
        return absolute.relative_to(root.absolute()).as_posix()
    return mask(absolute.as_uri())


def read_artifact(path: Path, root: Path) -> Artifact:
    """Digest the file at `path`; of a Parquet file also read its footer, never its data."""
    shape = _parquet_shape(path) if path.suffix == ".parquet" else _NO_TABLE
    return Artifact(
        name=name_of(path, root),
        digest=digest_file(path),
        size=path.stat().st_size,
        rows=shape.rows,
        fields=shape.fields,
    )


class Watch:
    """Files as they were when the watch began.

    Was a file changed meanwhile? Reading everything twice would be dear, so the answer comes from the file's status:

    - Another size, inode or modification time, or no file: it was written. Equal bytes are no excuse, because a file
      that was changed and changed back may have been read in between.
    - Another status-change time alone: a new hard link or mode (DVC's cache does that), or a write after which
      somebody set the modification time back, which can't set this one. The bytes decide: digest again.
    - The same status throughout: unchanged, if the file had been at rest for a while when the watch began. A clock
      that ticks every few milliseconds (two seconds on some file systems) gives a write right after the watch began
      the same times as the write before. So the bytes of a file that was fresh decide, too (Git's "racy" index).
    """

    def __init__(self, paths: Iterable[Path], root: Path) -> None:
        """Digest all files at and below `paths`."""
        self._paths = tuple(paths)
        self._root = root
        self._seen = {path: _see(path, root) for path in files_below(self._paths)}

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The files as they were, by path."""
        return tuple(seen.artifact for seen in self._seen.values())

    def changed(self) -> tuple[str, ...]:
        """Return the names of the files that were written, added or removed since the watch began, sorted."""
        now = set(files_below(self._paths))
        changed = {path for path, seen in self._seen.items() if path not in now or seen.differs(path)}
        return tuple(sorted(name_of(path, self._root) for path in changed | (now - set(self._seen))))


@dataclass(frozen=True)
class _Status:
    size: int
    inode: int
    modified: int
    changed: int


@dataclass(frozen=True)
class _Seen:
    artifact: Artifact
    status: _Status
    settled: bool

    def differs(self, path: Path) -> bool:
        try:
            now = _status(path)
            if (now.size, now.inode, now.modified) != (
                self.status.size,
                self.status.inode,
                self.status.modified,
            ):
                return True
            if now.changed == self.status.changed and self.settled:
                return False
            return digest_file(path) != self.artifact.digest
        except OSError:
            return True


@dataclass(frozen=True)
class _Shape:
    rows: int | None
    fields: tuple[Field, ...] | None


_NO_TABLE = _Shape(rows=None, fields=None)


def _see(path: Path, root: Path) -> _Seen:
    # The status before the digest: a write during the digest is then a change, too.
    status = _status(path)
    settled = time.time_ns() - max(status.changed, status.modified) > _SETTLED_NANOSECONDS
    return _Seen(read_artifact(path, root), status, settled)


def _status(path: Path) -> _Status:
    status = path.stat()
    return _Status(status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path, followlinks=True):
        folders[:] = sorted(name for name in folders if name != "__pycache__" and not name.startswith(".tmp-"))
        yield from (Path(folder, name) for name in names if not name.startswith(".tmp-"))


def _parquet_shape(path: Path) -> _Shape:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            fields = tuple(Field(name=field.name, type=str(field.type)) for field in file.schema_arrow)
            return _Shape(file.metadata.num_rows, fields)
    except (ArrowException, OSError):
        # A broken table is for the step to refuse, with a better reason than we could give.
        return _NO_TABLE
