"""What is read is what was asked for, once, and a file of another age is understood or refused by name."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes.any_events import NOON, a_content, an_event
from fakes.memory_store import MemoryStore

from roadworthy.errors import DataError, IntegrityError, Unavailable, UsageError
from roadworthy.store import Store
from roadworthy.telemetry.columns import VERSION, event_schema
from roadworthy.telemetry.event import Event
from roadworthy.telemetry.lines import content_line, event_line
from roadworthy.telemetry.reading import Window, read_contents, read_events
from roadworthy.telemetry.rows import events_of
from roadworthy.telemetry.sealing import seal_segments

HOUR = timedelta(hours=1)
DAY = Window(NOON - 12 * HOUR, NOON + 12 * HOUR)
PLACE = "telemetry/events/date=2026-11-23/x.parquet"


def _sealed(store: Store, folder: Path, *events: Event) -> Store:
    folder.mkdir(exist_ok=True)
    (folder / f"{events[0].id}.jsonl").write_bytes(b"".join(map(event_line, events)))
    seal_segments(folder, store)
    return store


def _ids(table: pa.Table) -> list[str]:
    ids: list[str] = table["id"].to_pylist()
    return ids


def test_each_kind_of_store_gives_back_what_was_sealed(store: Store, tmp_path: Path) -> None:
    """In a folder and in S3: files for each UTC date, contents apart, all read again."""
    events = [an_event("r0", NOON), an_event("r1", NOON + 11 * HOUR), an_event("r2", NOON + 13 * HOUR)]
    text = a_content("r0", question="why?")
    (tmp_path / "s.jsonl").write_bytes(b"".join([*map(event_line, events), content_line(text)]))
    seal_segments(tmp_path, store)
    assert store.keys("telemetry/") == [
        "telemetry/content/date=2026-11-23/s.parquet",
        "telemetry/events/date=2026-11-23/s.parquet",
        "telemetry/events/date=2026-11-24/s.parquet",
    ]
    assert list(events_of(read_events(store, Window(NOON, NOON + 24 * HOUR)))) == events
    assert read_contents(store, DAY)["question"].to_pylist() == ["why?"]


def test_a_window_and_a_capability_narrow_what_is_read(tmp_path: Path) -> None:
    """From the first moment on, up to the last one without it; one capability or all; times in any zone."""
    at = [NOON - HOUR, NOON, NOON + HOUR, NOON + 2 * HOUR]
    some = [an_event(f"r{number}", moment, capability=f"c{number % 2}") for number, moment in enumerate(at)]
    store = _sealed(MemoryStore(), tmp_path, *some)
    east = datetime.fromisoformat("2026-11-23T21:00:00+09:00")
    assert _ids(read_events(store, Window(east, NOON + 2 * HOUR))) == ["r1", "r2"]
    assert _ids(read_events(store, DAY, "c0")) == ["r0", "r2"]
    assert _ids(read_events(store, DAY, "none")) == []
    assert read_events(store, Window(NOON, NOON)).schema.equals(event_schema(), check_metadata=True)


@pytest.mark.parametrize("since", [NOON.replace(tzinfo=None), NOON + HOUR], ids=["no zone", "backwards"])
def test_what_is_no_window_is_refused(since: datetime) -> None:
    """A moment without a time zone would mean another day elsewhere."""
    with pytest.raises(UsageError):
        Window(since, NOON)


def test_an_event_in_a_segment_and_in_the_store_counts_once(tmp_path: Path) -> None:
    """While a segment is being sealed, both hold its events; by time, the first of an id is taken."""
    store = _sealed(MemoryStore(), tmp_path / "sealed", an_event("r1"), an_event("r0", NOON - HOUR))
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "s.jsonl").write_bytes(event_line(an_event("r1")) + event_line(an_event("r2")) + b'{"v":')
    assert _ids(read_events(store, DAY)) == ["r0", "r1"]
    assert _ids(read_events(store, DAY, segments=tmp_path / "open")) == ["r0", "r1", "r2"]
    assert _ids(read_events(store, DAY, segments=tmp_path / "not there")) == ["r0", "r1"]


def test_duckdb_reads_the_table_as_it_is(tmp_path: Path) -> None:
    """Nested columns too: the nights ask in SQL."""
    store = _sealed(MemoryStore(), tmp_path, an_event())
    events = read_events(store, DAY)
    with duckdb.connect() as connection:
        connection.register("events", events)
        assert connection.execute("SELECT sum(seconds), count(guards) FROM events").fetchall() == [(0.25, 1)]


def _stored(table: pa.Table, version: bytes | None) -> MemoryStore:
    buffer = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({VERSION: version} if version else None), buffer)
    store = MemoryStore()
    store.create(PLACE, buffer.getvalue().to_pybytes())
    return store


def test_columns_that_an_older_file_has_not_are_filled(tmp_path: Path) -> None:
    """They have the field's default; a column that nobody knows any more is left out."""
    table = read_events(_sealed(MemoryStore(), tmp_path, an_event("r1", arm="canary")), DAY)
    older = table.drop_columns(["arm", "guards", "cost"]).append_column("gone", pa.array([1]))
    assert list(events_of(read_events(_stored(older, b"1"), DAY))) == [an_event("r1")]


def test_a_file_of_a_newer_version_is_named(tmp_path: Path) -> None:
    """Its numbers may mean something else: no figure is better than a wrong one."""
    table = read_events(_sealed(MemoryStore(), tmp_path, an_event()), DAY)
    with pytest.raises(DataError, match="newer") as caught:
        read_events(_stored(table, b"2"), DAY)
    assert caught.value.where is not None
    assert PLACE in caught.value.where


def test_a_segment_of_a_newer_version_is_left_to_it(tmp_path: Path) -> None:
    """An older sealer stores nothing of it and leaves it; a reader names it."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(event_line(an_event()) + event_line(an_event("r2")).replace(b'{"v":1', b'{"v":2'))
    store = MemoryStore()
    assert seal_segments(tmp_path, store).newer == ("s.jsonl",)
    assert (store.keys(), path.exists()) == ([], True)
    with pytest.raises(DataError, match="newer") as caught:
        read_events(store, DAY, segments=tmp_path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("damaged", ["bytes", "version", "column"])
def test_a_damaged_file_is_named(tmp_path: Path, damaged: str) -> None:
    """Cut off, without its version, or with a column that is none."""
    table = read_events(_sealed(MemoryStore(), tmp_path, an_event()), DAY)
    stores = {
        "version": _stored(table, None),
        "column": _stored(table.set_column(5, "seconds", pa.array(["fast"])), b"1"),
        "bytes": MemoryStore(),
    }
    stores["bytes"].create(PLACE, b"PAR1" + bytes(20))
    with pytest.raises(IntegrityError) as caught:
        read_events(stores[damaged], DAY)
    assert caught.value.where is not None
    assert PLACE in caught.value.where


def test_a_store_that_is_down_leaves_segments_where_they_are(tmp_path: Path) -> None:
    """Sealing says so; nothing is removed, and the next round goes on from there."""

    class Down(MemoryStore):
        def create(self, key: str, content: bytes) -> None:
            """Refuse."""
            raise Unavailable("down")

    path = tmp_path / "s.jsonl"
    path.write_bytes(event_line(an_event()))
    with pytest.raises(Unavailable):
        seal_segments(tmp_path, Down())
    assert path.exists()
    assert seal_segments(tmp_path, MemoryStore()).events == 1
