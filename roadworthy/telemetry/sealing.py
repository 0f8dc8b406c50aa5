"""Brings closed segments into the store as Parquet, each event exactly once, however often a sealer is killed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.store import AlreadyStored, Store, explaining
from roadworthy.telemetry.parsing import Parsed, parse_segment
from roadworthy.telemetry.places import CONTENTS, EVENTS, SCORES, key
from roadworthy.telemetry.segments import claimed, segments_in

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Sealed:
    """What one round of sealing did."""

    segments: int = 0
    events: int = 0
    contents: int = 0
    damaged: int = 0
    """Lines that were left out: a killed writer had not finished them, or they are none of ours."""
    open: int = 0
    """Segments that are being written, or sealed by somebody else."""
    newer: tuple[str, ...] = ()
    """Segments with lines of a newer version of Roadworthy; they are left for that one."""


def seal_segments(folder: Path, store: Store) -> Sealed:
    """Put what stands in each closed segment in `folder` into `store`, then remove the segment.

    A segment's name becomes its files' name, and it never changes once its writer is gone: a sealer that is killed at
    any point and run again finds the files that it had stored, stores the others, and the end is the same.
    Raises `Unavailable` when store or folder can't be used; the segments that are left stay as they are.
    """
    done = Sealed()
    with explaining(folder):
        for path in segments_in(folder):
            with claimed(path) as content:
                done = _plus(done, _seal(path, content, store) if content is not None else Sealed(open=1))
    return done


def _seal(path: Path, content: bytes, store: Store) -> Sealed:
    parsed = parse_segment(content)
    if parsed.newer:
        return Sealed(newer=(path.name,))
    _store(parsed, path.stem, store)
    path.unlink()
    return Sealed(1, len(parsed.events), len(parsed.contents), parsed.damaged)


def _store(parsed: Parsed, segment: str, store: Store) -> None:
    for kind, table in ((EVENTS, parsed.events), (SCORES, parsed.scores), (CONTENTS, parsed.contents)):
        for day, part in _by_date(table).items():
            # By a sealer that was killed before it could remove the segment.
            with suppress(AlreadyStored):
                store.create(key(kind, day, segment), _parquet(part))


def _by_date(table: pa.Table) -> dict[date, pa.Table]:
    # Late imports: start-up time.
    import pyarrow as pa
    import pyarrow.compute as pc

    dates = table["at"].cast(pa.date32())
    days = pc.unique(dates)
    if len(days) == 1:  # As nearly always: a segment lives for a minute.
        return {days[0].as_py(): table}
    return {day.as_py(): table.filter(pc.equal(dates, day)) for day in days}


def _parquet(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet

    buffer = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, buffer, compression="zstd")
    content: bytes = buffer.getvalue().to_pybytes()
    return content


def _plus(one: Sealed, other: Sealed) -> Sealed:
    return Sealed(
        one.segments + other.segments,
        one.events + other.events,
        one.contents + other.contents,
        one.damaged + other.damaged,
        one.open + other.open,
        one.newer + other.newer,
    )
