"""Brings what gateways counted into the store, a file for each process and day, with nothing of single rows."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from roadworthy.drift.served.day import ServedDay
from roadworthy.errors import DataError
from roadworthy.store import AlreadyStored, Store, explaining
from roadworthy.telemetry.places import PROFILES, folder
from roadworthy.telemetry.segments import claimed, segments_in


@dataclass(frozen=True)
class SealedCounts:
    """What one round of sealing did."""

    segments: int = 0
    rows: int = 0


@dataclass(frozen=True)
class CountedDay:
    """What was counted of a day, as far as it can be read."""

    parts: tuple[ServedDay, ...]
    """One for each release that predicted anything, by capability and digest."""
    damaged: int
    """Files and lines that can't be read, or were counted in other cells than the rest."""


def seal_counts(folder_: Path, store: Store) -> SealedCounts:
    """Put what stands in each closed segment into `store`, then remove the segment; run again, the end is the same.

    Raises `Unavailable` when store or folder can't be used; the segments that are left stay as they are.
    """
    segments = rows = 0
    with explaining(folder_):
        for path in segments_in(folder_):
            with claimed(path) as content:
                if content is None:
                    continue
                rows += _seal(content, path.stem, store)
                segments += 1
                path.unlink()
    return SealedCounts(segments, rows)


def read_counts(store: Store, day: date) -> CountedDay:
    """Return what was counted on a UTC day. Raises `Unavailable` when the store can't be read."""
    found: list[ServedDay] = []
    damaged = 0
    for key in store.keys(folder(PROFILES, day)):
        parsed = _parse(store.read(key).splitlines())
        found += parsed.parts
        damaged += parsed.damaged
    together = _together(found)
    return CountedDay(together.parts, damaged + together.damaged)


def _seal(content: bytes, segment: str, store: Store) -> int:
    parsed = _parse(content.split(b"\n"))
    for day in sorted({one.day for one in parsed.parts}):
        kept = [one.kept() for one in parsed.parts if one.day == day]
        # By a sealer that was killed before it could remove the segment.
        with suppress(AlreadyStored):
            store.create(f"{folder(PROFILES, day)}{segment}.jsonl", _lines(kept, parsed.damaged))
    return sum(one.rows for one in parsed.parts)


def _lines(parts: Iterable[ServedDay], damaged: int) -> bytes:
    lines = [one.model_dump_json().encode() for one in parts]
    # A line that no reader takes for a day: it says how many were left out.
    return b"\n".join([*lines, *[b"damaged"] * damaged]) + b"\n"


def _parse(lines: Iterable[bytes]) -> CountedDay:
    """Read the lines, and put those of one day and release together."""
    found: list[ServedDay] = []
    damaged = 0
    for line in filter(None, lines):
        try:
            found.append(ServedDay.model_validate_json(line))
        except ValidationError:
            damaged += 1
    together = _together(found)
    return CountedDay(together.parts, damaged + together.damaged)


def _together(parts: Iterable[ServedDay]) -> CountedDay:
    merged: dict[tuple[str, str, date], ServedDay] = {}
    damaged = 0
    for one in parts:
        try:
            merged[one.key] = merged[one.key].merge(one) if one.key in merged else one
        except (DataError, ValueError, KeyError, TypeError):
            damaged += 1
    return CountedDay(tuple(merged[key] for key in sorted(merged)), damaged)
