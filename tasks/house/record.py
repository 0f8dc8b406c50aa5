"""The record of the house below a HOME: one at a time, found again by `roadworthy down` and by the next one."""

# Late imports: start-up time.
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from roadworthy.atomic import write_bytes
from roadworthy.errors import Busy
from tasks.house.processes import PATIENCE_SECONDS, Known, end

FOLDER = "house"
_RECORD = "house.json"
_HOUSE = "house"
_LONGEST_SECONDS = 60.0
"""The house ends its parts one after another, each within its own patience."""


@contextmanager
def only_house(home: Path) -> Iterator[None]:
    """Be the only house below `home`; what one that was killed has left running is ended first. Raises `Busy`."""
    from filelock import FileLock, Timeout

    (home / FOLDER).mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / FOLDER / "lock", timeout=0):
            end_leftovers(home)
            yield
            (home / FOLDER / _RECORD).unlink(missing_ok=True)
    except Timeout:
        raise Busy(
            "the house is up already", where=str(home / FOLDER), remedy="`roadworthy down` ends it; or use that one"
        ) from None


def keep_record(home: Path, house: Known, parts: Mapping[str, Known]) -> None:
    """Record which processes belong to the house."""
    content = {name: asdict(known) for name, known in {**parts, _HOUSE: house}.items()}
    write_bytes(home / FOLDER / _RECORD, json.dumps(content).encode())


def end_house(home: Path, patience: float = PATIENCE_SECONDS) -> bool:
    """End the house that runs below `home`, and what one before it has left; return whether there was anything.

    What is left and does not listen is ended by force after `patience` seconds.
    """
    import psutil

    house = _read(home).get(_HOUSE)
    running = house.alive() if house else None
    if running is not None:
        running.terminate()
        psutil.wait_procs([running], timeout=_LONGEST_SECONDS)
    left = end_leftovers(home, patience)
    (home / FOLDER / _RECORD).unlink(missing_ok=True)
    return running is not None or left


def end_leftovers(home: Path, patience: float = PATIENCE_SECONDS) -> bool:
    """End the processes of a house that was killed; return whether there were any."""
    ended = [end(known, patience) for known in _read(home).values()]
    return any(ended)


def _read(home: Path) -> dict[str, Known]:
    try:
        content = json.loads((home / FOLDER / _RECORD).read_bytes())
        return {name: Known(**known) for name, known in content.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}
