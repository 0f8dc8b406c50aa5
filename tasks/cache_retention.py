"""What lies in caches below HOME longer than the policy allows: answers of models and traces of rehearsals."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from roadworthy.errors import IntegrityError
from roadworthy.release.bundle import fetch_manifest
from roadworthy.release.ledger import Ledger
from roadworthy.release.manifest import Manifest
from roadworthy.release.standing import standing_of
from roadworthy.store import NotStored, Store
from tasks.needed_answers import kept_files, last_used, needed_folder, read_needed

log = logging.getLogger("roadworthy")

_LEDGERS = "ledger/"
_ANSWERS = "evaluation/answers.jsonl"


@dataclass(frozen=True)
class Released:
    """A release that somebody may want to reproduce, or go back to."""

    manifest: Manifest
    at: datetime


def released(store: Store) -> tuple[Released, ...]:
    """Return every release of every ledger. Raises `NotStored` and `IntegrityError`: nobody knows what it needs."""
    names = sorted({key.removeprefix(_LEDGERS).split("/")[0] for key in store.keys(_LEDGERS)})
    records = (one for name in names for one in standing_of(name, Ledger(store, name).entries()).releases)
    return tuple(Released(fetch_manifest(store, one.digest), one.released_at) for one in records)


def expired_caches(store: Store, home: Path, end: date) -> tuple[Path, ...]:
    """Return the files that were last written or used before `end` (a date in UTC), and that no release needs."""
    old = [*_old(kept_files(home), end), *_old((home / "cache" / "traces").glob("*/*.jsonl"), end)]
    lists = _old(needed_folder(home).glob("*.txt"), end)
    if not old and not lists:
        return ()
    try:
        releases = released(store)
    except (NotStored, IntegrityError) as error:
        # What is not read may need any of them; contents and events go all the same.
        log.warning("kept answers and traces stay: %s", error.problem)
        return ()
    tables = {one.manifest.files.get(_ANSWERS, "") for one in releases}
    unheld = [path for path in old if path.suffix != ".json" or not _held(path, home, releases)]
    return tuple(sorted([*unheld, *(path for path in lists if path.stem not in tables)]))


def _held(path: Path, home: Path, releases: tuple[Released, ...]) -> bool:
    """Tell whether a release was evaluated with an answer.

    Of one that was made elsewhere, or before answers were noted, nobody knows with which: with any that was there.
    """
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    for one in releases:
        table = one.manifest.files.get(_ANSWERS)
        needed = None if table is None else read_needed(home, table)
        if table is not None and (written <= one.at if needed is None else path.stem in needed):
            return True
    return False


def _old(paths: Iterator[Path], end: date) -> list[Path]:
    return [path for path in paths if datetime.fromtimestamp(last_used(path), UTC).date() < end]
