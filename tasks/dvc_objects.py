"""What DVC's cache holds, held against its names: DVC itself believes an object that somebody wrote over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError

if TYPE_CHECKING:
    from dvc_data.hashfile.db.local import LocalHashFileDB

FOLDER = ".dir"
"""The ending of an object's name when it lists a folder's files."""


@dataclass(frozen=True)
class KeptFile:
    """A file or a folder's listing that DVC's cache should hold."""

    path: str
    """Where it belongs in the work tree."""
    name: str
    """The MD5 of its bytes, by which DVC names the object; a listing's ends in `.dir`."""


def refuse_tampered(cache: LocalHashFileDB, kept: KeptFile) -> None:
    """Raise `IntegrityError` unless each object of `kept` that is in the cache has the bytes that its name says.

    An object that is missing is DVC's to find: the step is then performed again.
    """
    for file in _with_contents(cache, kept):
        path = Path(cache.oid_to_path(file.name))
        if path.is_file() and not _is_whole(path, file.name):
            raise IntegrityError(
                f"DVC's cache holds other bytes for {file.path} than were put there",
                where=str(path),
                remedy="find out who changed it; remove that file and run the same command again to make it anew",
            )


def _with_contents(cache: LocalHashFileDB, kept: KeptFile) -> Iterator[KeptFile]:
    yield kept
    listing = Path(cache.oid_to_path(kept.name))
    if kept.name.endswith(FOLDER) and listing.is_file():
        for entry in json.loads(listing.read_bytes()):
            yield KeptFile(f"{kept.path}/{entry['relpath']}", entry["md5"])


def _is_whole(path: Path, name: str) -> bool:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return found.hexdigest() == name.removesuffix(FOLDER)
