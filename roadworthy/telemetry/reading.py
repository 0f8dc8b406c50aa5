"""Reads events and contents of a time window from the store, and from segments that are not sealed yet."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import DataError, IntegrityError, UsageError
from roadworthy.store import Store, explaining
from roadworthy.telemetry.columns import VERSION, brought_to
from roadworthy.telemetry.event import SCHEMA_VERSION
from roadworthy.telemetry.parsing import parse_segment
from roadworthy.telemetry.places import CONTENTS, EVENTS, SCORES, folder
from roadworthy.telemetry.segments import segments_in

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE = 8
"""So many files are fetched side by side: each is small, and a far store takes its time."""


@dataclass(frozen=True)
class Window:
    """The time from `since` up to, not with, `until`; both know their time zone. Raises `UsageError` otherwise."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.until.tzinfo is None or self.since > self.until:
            raise UsageError(
                f"From {self.since} to {self.until} is no time window.",
                remedy="Give two moments with a time zone, the earlier one first.",
            )

    @property
    def days(self) -> Iterator[date]:
        """The UTC dates of which it holds a part."""
        day, last = self.since.astimezone(UTC).date(), self.until.astimezone(UTC).date()
        while day <= last:
            yield day
            day += timedelta(days=1)


def read_events(store: Store, window: Window, capability: str | None = None, segments: Path | None = None) -> pa.Table:
    """Return the events of `window`, each once, by time; with the columns of `columns.event_schema`.

    `segments` is the folder of segments that are not sealed yet; with it, what happened a second ago is there too.
    DuckDB reads the table as it is (`duckdb.arrow(table)`).
    Raises `DataError` for a file that a newer Roadworthy wrote, `IntegrityError` for one that is damaged, each naming
    the file, and `Unavailable`.
    """
    return _read(EVENTS, store, window, capability, segments)


def read_contents(
    store: Store, window: Window, capability: str | None = None, segments: Path | None = None
) -> pa.Table:
    """Return the contents of `window` as `read_events` returns events; `id` is that of the event."""
    return _read(CONTENTS, store, window, capability, segments)


def read_scores(store: Store, window: Window, capability: str | None = None, segments: Path | None = None) -> pa.Table:
    """Return what was said of predicted rows in `window` as `read_events` returns events; a row for each request."""
    return _read(SCORES, store, window, capability, segments)


def _read(place: str, store: Store, window: Window, capability: str | None, segments: Path | None) -> pa.Table:
    # Late imports: start-up time.
    import pyarrow as pa

    # Segments first: one that is sealed meanwhile is then seen twice, and never not at all.
    with explaining(segments or Path()):
        unsealed = list(_unsealed(place, segments)) if segments else []
    keys = [key for day in window.days for key in store.keys(folder(place, day))]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sealed = list(pool.map(lambda key: _narrowed(_stored(place, store, key), window, capability), keys))
    empty = brought_to(pa.table({}), place)
    return _each_once(pa.concat_tables([empty, *sealed, *(_narrowed(one, window, capability) for one in unsealed)]))


def _unsealed(place: str, segments: Path) -> Iterator[pa.Table]:
    for path in segments_in(segments):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # It has just been sealed.
        parsed = parse_segment(content)
        if parsed.newer:
            raise _newer(str(path))
        yield {EVENTS: parsed.events, SCORES: parsed.scores, CONTENTS: parsed.contents}[place]


def _stored(place: str, store: Store, key: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet

    where = f"{store.address}/{key}"
    try:
        # Not by path: a folder called date=… would become a column.
        table = pyarrow.parquet.ParquetFile(pa.BufferReader(store.read(key))).read()
        if int((table.schema.metadata or {})[VERSION]) > SCHEMA_VERSION:
            raise _newer(where)
        return brought_to(table, place)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise IntegrityError(
            "A file of telemetry is damaged.", where=where, remedy="Restore it from a copy, or move it elsewhere."
        ) from error


def _newer(where: str) -> DataError:
    return DataError(
        f"A newer Roadworthy wrote this telemetry: its schema is newer than {SCHEMA_VERSION}, which this one knows.",
        where=where,
        remedy="Read it with that version.",
    )


def _narrowed(table: pa.Table, window: Window, capability: str | None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    since, until = (pa.scalar(moment, table["at"].type) for moment in (window.since, window.until))
    wanted = pc.and_(pc.greater_equal(table["at"], since), pc.less(table["at"], until))
    if capability is not None:
        wanted = pc.and_(wanted, pc.equal(table["capability"], capability))
    return table.filter(wanted)


def _each_once(table: pa.Table) -> pa.Table:
    """Return the first row of each id, by time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ordered = table.take(pc.sort_indices(table, [("at", "ascending"), ("id", "ascending")]))
    places = pa.table({"id": ordered["id"], "place": pa.array(range(len(ordered)), pa.int64())})
    first = places.group_by("id").aggregate([("place", "min")])["place_min"]
    return ordered.take(pc.take(first, pc.sort_indices(first)))
