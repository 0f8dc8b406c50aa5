"""Keeps what was fetched, by its digest, so that a second run needs no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from roadworthy.atomic import sweep
from roadworthy.digest import digest_file
from roadworthy.steps import Announce

BY_DIGEST = "sha256"


def source_cache(home: Path) -> Path:
    """Return the folder of the sources that were fetched or kept, each named by its digest."""
    return home / "cache" / "sources" / BY_DIGEST


class SourceCache:
    """A folder of files, each named by the SHA-256 of its content; verified each time it is used."""

    def __init__(self, folder: Path, announce: Announce) -> None:
        self._folder = folder
        self._announce = announce

    def find(self, digest: str) -> Path | None:
        """Return the file with this digest; one that was changed is removed and counts as not there."""
        path = self._folder / BY_DIGEST / digest
        if not path.is_file():
            return None
        if digest_file(path) == digest:
            return path
        self._announce(f"{path} is not what was put there; it is removed and will be fetched again")
        path.unlink()
        return None

    def add(self, file: Path, digest: str) -> Path:
        """Take over `file`, whose digest was checked, in one step."""
        path = self._folder / BY_DIGEST / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        return file.replace(path)

    def keep(self, file: Path, digest: str, scratch: Path) -> None:
        """Keep a copy of `file`, which stays where it is and may be written over there; once is enough."""
        if self.find(digest) is None:
            # Copied, not linked: a link would change with the file.
            copy = scratch / digest
            shutil.copyfile(file, copy)
            self.add(copy, digest)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield an empty folder on the same disk, which is removed at the end, if need be by the next run."""
        self._folder.mkdir(parents=True, exist_ok=True)
        sweep(self._folder)
        # The name tells `sweep` whose it is, should this process be killed.
        with TemporaryDirectory(prefix=f".tmp-{os.getpid()}-", dir=self._folder) as temporary:
            yield Path(temporary)
