"""What all workers of one test run share: made by the first that asks, ended by the last that leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest
from filelock import FileLock


@dataclass(frozen=True)
class SharedFolder:
    """A folder that every worker of this run sees, and no other run."""

    path: Path

    def made_once(self, name: str, make: Callable[[Path], None]) -> Path:
        """Return the folder `name`, filled by the first that asks; whoever asks meanwhile waits.

        Nobody may change what lies in it: take a copy. What could not be made is tried again in another folder.
        """
        done = self.path / f"{name}.json"
        with FileLock(self.path / f"{name}.lock"):
            if not done.exists():
                folder = _unused(self.path, name)
                make(folder)
                done.write_text(json.dumps(folder.name))
            return self.path / str(json.loads(done.read_text()))

    @contextmanager
    def running(self, name: str, start: Callable[[Path], str], stop: Callable[[str], None]) -> Iterator[str]:
        """Yield what `start` said of a server, which may be another worker's; the last user stops it."""
        with FileLock(self.path / f"{name}.lock"):
            address, users = self._running(name) or (start(_unused(self.path, name)), 0)
            self._note(name, address, users + 1)
        try:
            yield address
        finally:
            with FileLock(self.path / f"{name}.lock"):
                self._leave(name, stop)

    def _leave(self, name: str, stop: Callable[[str], None]) -> None:
        address, users = self._running(name) or ("", 0)
        self._note(name, address, users - 1)
        if users == 1:
            stop(address)

    def _running(self, name: str) -> tuple[str, int] | None:
        note = self.path / f"{name}.json"
        address, users = json.loads(note.read_text()) if note.exists() else ("", 0)
        return (address, users) if users else None

    def _note(self, name: str, address: str, users: int) -> None:
        (self.path / f"{name}.json").write_text(json.dumps([address, users]))


def shared_folder(factory: pytest.TempPathFactory) -> SharedFolder:
    """Return the folder of this run; pytest-xdist gives each worker one below it."""
    own = factory.getbasetemp()
    path = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    path.mkdir(exist_ok=True)
    return SharedFolder(path)


def _unused(folder: Path, name: str) -> Path:
    """Make a folder that nobody had before."""
    return Path(mkdtemp(prefix=f"{name}-", dir=folder))
