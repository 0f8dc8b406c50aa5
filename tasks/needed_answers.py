"""Which kept answers each table of answers was made with: a release can be reproduced only with those of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from roadworthy.atomic import write_bytes

_SLACK_SECONDS = 1.0
"""A file's time may lie a little before the clock's."""


def answers_folder(home: Path) -> Path:
    """Return the folder of the answers below HOME."""
    return home / "cache" / "answers"


def needed_folder(home: Path) -> Path:
    """Return the folder of the lists, each named by the digest of a table of answers."""
    return home / "cache" / "needed-answers"


def kept_files(home: Path) -> Iterator[Path]:
    """Yield the files of answers; none where nothing was kept."""
    return (path for path in sorted(answers_folder(home).glob("??/*.json")) if path.is_file())


def last_used(path: Path) -> float:
    """Return when an answer was written or used last, in seconds since 1970; 0 for one that is gone."""
    with suppress(FileNotFoundError):
        found = path.stat()
        return max(found.st_atime, found.st_mtime)
    return 0.0


def note_needed(home: Path, answers: str, since: float) -> None:
    """Note that the table with the digest `answers` was made with every answer that was used since then.

    What others used at the same time is noted as well: it is kept longer than it has to be.
    """
    used = sorted(path.stem for path in kept_files(home) if last_used(path) >= since - _SLACK_SECONDS)
    write_bytes(needed_folder(home) / f"{answers}.txt", "".join(f"{key}\n" for key in used).encode())


def read_needed(home: Path, answers: str) -> frozenset[str] | None:
    """Return the keys of the answers with which a table was made; None where this machine did not note them."""
    try:
        return frozenset((needed_folder(home) / f"{answers}.txt").read_text().split())
    except FileNotFoundError:
        return None
