"""What was recorded is what the nights read: through lines, segments, Parquet and back."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isnan
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fakes.any_events import NOON, a_content, an_event, contents, events
from fakes.memory_store import MemoryStore
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roadworthy.telemetry.columns import content_schema, event_schema
from roadworthy.telemetry.event import Content, Event, Retrieved, Said
from roadworthy.telemetry.lines import content_line, event_line
from roadworthy.telemetry.parsing import parse_segment
from roadworthy.telemetry.reading import Window, read_contents, read_events
from roadworthy.telemetry.rows import contents_of, events_of
from roadworthy.telemetry.sealing import seal_segments

EVER = Window(datetime(1999, 12, 31, tzinfo=UTC), datetime(2100, 1, 2, tzinfo=UTC))


def test_every_field_has_a_column() -> None:
    """A field that is added to an event or a content without a column would silently go."""
    apart = {"scores", "keys"}
    assert event_schema().names == [field.name for field in fields(Event) if field.name not in apart]
    assert content_schema().names == [field.name for field in fields(Content)]


@settings(max_examples=60, deadline=None)
@given(st.lists(events, max_size=5), st.lists(contents, max_size=5))
def test_any_event_and_any_content_comes_back_as_it_was(some: list[Event], texts: list[Content]) -> None:
    """Every value of every field survives the line and its reading exactly, times to the microsecond, costs exactly."""
    parsed = parse_segment(b"".join([*map(event_line, some), *map(content_line, texts)]))
    assert list(events_of(parsed.events)) == some
    assert list(contents_of(parsed.contents)) == texts
    assert (parsed.damaged, parsed.newer) == (0, 0)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(events, max_size=5, unique_by=lambda event: event.id),
    st.lists(contents, max_size=5, unique_by=lambda content: content.id),
)
def test_any_event_survives_parquet(some: list[Event], texts: list[Content]) -> None:
    """What is sealed and read from the store is what was written, by time."""
    store = MemoryStore()
    with TemporaryDirectory() as folder:
        Path(folder, "a.jsonl").write_bytes(b"".join([*map(event_line, some), *map(content_line, texts)]))
        seal_segments(Path(folder), store)
        # Many files, one for each date: read by key, for the window of a century has too many days.
        days = {one.at.date() for one in (*some, *texts)}
        windows = [Window(_midnight(day), _midnight(day) + timedelta(days=1)) for day in sorted(days)]
        found = [event for window in windows for event in events_of(read_events(store, window))]
        found_texts = [one for window in windows for one in contents_of(read_contents(store, window))]
    assert found == sorted(some, key=lambda event: (event.at, event.id.encode()))
    assert found_texts == sorted(texts, key=lambda content: (content.at, content.id.encode()))


def _midnight(day: object) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"user": "half \ud83d"}, {"user": "half \\ud83d"}),
        ({"cost": Decimal("1E-7")}, {"cost": Decimal("0.0000001")}),
        ({"cost": Decimal("0.1234567890123456789")}, {"cost": Decimal("0.123456789012345679")}),
        ({"first_text_seconds": float("nan")}, {"first_text_seconds": None}),
        ({"at": NOON.replace(tzinfo=None)}, {"at": NOON}),
        ({"at": datetime.fromisoformat("2026-11-23T14:00:00+02:00")}, {"at": NOON}),
    ],
    ids=["surrogate", "small", "long", "nan", "naive", "zone"],
)
def test_odd_values_have_a_form(changed: dict[str, object], kept: dict[str, object]) -> None:
    """What JSON or the columns can't hold is brought to the nearest that they can; the event is not lost for it."""
    parsed = parse_segment(event_line(an_event(**changed)))
    assert list(events_of(parsed.events)) == [an_event(**kept)]


@pytest.mark.parametrize(
    "changed",
    [{"cost": Decimal("NaN")}, {"cost": Decimal("Infinity")}, {"cost": Decimal(10) ** 21}, {"prompt_tokens": 2**53}],
    ids=str,
)
def test_what_no_line_can_hold_is_refused(changed: dict[str, object]) -> None:
    """Numbers that no column holds are refused at once, so that they are counted as lost and poison no segment."""
    with pytest.raises(TypeError):
        event_line(an_event(**changed))


@given(
    st.binary(max_size=300) | st.sampled_from([b"null", b"{}", b"[]", b'{"v":1}', b'{"v":null}', b"\x0b"]),
    st.integers(0, 4),
)
@settings(max_examples=60, deadline=None)
@example(b"null", 0)  # A line of which pyarrow 25 dies.
@example(b'{"v":1,"event":null,"content":null}null', 0)
@example(b"\x0b", 0)
def test_damage_takes_no_other_line_with_it(damage: bytes, place: int) -> None:
    """Whatever stands between the lines of a segment, all whole lines are read, and the damage is counted."""
    lines = [event_line(an_event(f"r{number}")) for number in range(4)]
    lines.insert(place, damage.replace(b"\n", b" ") + b"\n")
    parsed = parse_segment(b"".join(lines))
    assert [event.id for event in events_of(parsed.events)] == ["r0", "r1", "r2", "r3"]
    # Two values on one line, as after a hole in a file, may count as two.
    assert parsed.damaged >= 1


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_torn_end_is_left_out_and_counted(data: st.DataObject) -> None:
    """Wherever a killed writer stopped, the lines before are read, and the torn one is one damaged line."""
    lines = [event_line(an_event("r0")), content_line(a_content("r0", question="why?"))]
    whole = b"".join(lines)
    end = data.draw(st.integers(0, len(whole)))
    parsed = parse_segment(whole[:end])
    assert len(parsed.events) == (end >= len(lines[0]))
    assert len(parsed.contents) == (end == len(whole))
    assert parsed.damaged == (end not in (0, len(lines[0]), len(whole)))


def test_lines_of_an_older_age_are_completed() -> None:
    """Fields that an older writer did not know have their defaults, also inside of nested ones."""
    line = (
        b'{"v":1,"event":{"id":"r1","at":"2026-11-23T12:00:00Z","kind":"answer","ending":"answered","status":200,'
        b'"seconds":0.25,"capability":"help","said":{"request":"r0"},"gone":[1]},"content":null}\n'
    )
    (event,) = events_of(parse_segment(line + event_line(an_event("r2"))).events.slice(0, 1))
    assert (event.parts, event.cost, event.streamed, event.arm) == ((), Decimal(0), False, "")
    assert event.said == Said("r0", thumb="", resolved=None)


def test_a_number_that_json_has_not_becomes_none_of_ours() -> None:
    """A score that is not a number stays one, and does not make its event unreadable."""
    line = event_line(an_event(retrieved=(Retrieved("d1", 0, float("inf"), True),)))
    (event,) = events_of(parse_segment(line).events)
    assert isnan(event.retrieved[0].score)
