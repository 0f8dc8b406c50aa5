"""A recorder keeps what it is given, counts what it can't keep, and goes on when the disk works again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.any_events import a_content, an_event
from fakes.kept_events import KeptEvents
from fakes.memory_store import MemoryStore

from roadworthy.telemetry.bounds import Bounds
from roadworthy.telemetry.content_policy import ContentPolicy
from roadworthy.telemetry.event import Event
from roadworthy.telemetry.interface import Recorder
from roadworthy.telemetry.opening import open_recorder
from roadworthy.telemetry.parsing import Parsed, parse_segment
from roadworthy.telemetry.recorder import SegmentRecorder
from roadworthy.telemetry.rows import contents_of, events_of
from roadworthy.telemetry.segments import claimed, segments_in
from roadworthy.telemetry.writer import SegmentWriter

BOUND = 20
Making = Callable[[Path], Recorder]
MAKERS: dict[str, Making] = {
    "memory": lambda folder: KeptEvents(BOUND),
    "segments": lambda folder: SegmentRecorder(folder / "open", bounds=Bounds(waiting=BOUND)),
    "sealed": lambda folder: open_recorder(folder, MemoryStore(), bounds=Bounds(waiting=BOUND)),
}
EACH = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@dataclass
class Clock:
    """Goes on when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now


def _parsed(folder: Path) -> Parsed:
    return parse_segment(b"".join(path.read_bytes() for path in segments_in(folder)))


def _ids(folder: Path) -> list[str]:
    return [event.id for event in events_of(_parsed(folder).events)]


def _events(count: int) -> list[Event]:
    return [an_event(f"r{number}") for number in range(count)]


@EACH
def test_every_recorder_takes_events_and_counts_what_comes_too_late(tmp_path: Path, make: Making) -> None:
    """Nothing is lost within the bound; after closing, an event is lost and nobody fails; closing again is fine."""
    recorder = make(tmp_path)
    for event in _events(BOUND):
        recorder.record(event, a_content(event.id))
    assert recorder.lost == 0
    recorder.close()
    recorder.record(an_event("late"))
    recorder.close()
    assert recorder.lost == 1


def test_what_was_recorded_is_on_the_disk_after_closing(tmp_path: Path) -> None:
    """Each event once, in order; contents only when the policy keeps them."""
    for policy, kept in ((ContentPolicy.NONE, 0), (ContentPolicy.REDACTED, 300)):
        recorder = SegmentRecorder(tmp_path / policy, policy, Bounds(flush_events=32))
        for event in _events(300):
            recorder.record(event, a_content(event.id, question="why?"))
        recorder.close()
        parsed = _parsed(tmp_path / policy)
        assert list(events_of(parsed.events)) == _events(300)
        assert len(parsed.contents) == kept
        assert (recorder.lost, recorder.contents_lost, recorder.waiting) == (0, 0, 0)


def test_segments_are_their_owners_alone(tmp_path: Path) -> None:
    """Nobody else on the machine reads what users said."""
    recorder = SegmentRecorder(tmp_path / "open")
    recorder.record(an_event())
    recorder.close()
    (path,) = segments_in(tmp_path / "open")
    assert (path.stat().st_mode | path.parent.stat().st_mode) & 0o077 == 0


def test_a_full_queue_loses_and_counts(tmp_path: Path) -> None:
    """While the disk takes nothing, events are held up to the bound; each further one is lost, and at the end all."""
    (tmp_path / "file").write_text("")
    recorder = SegmentRecorder(tmp_path / "file" / "open", bounds=Bounds(waiting=10))
    for event in _events(15):
        recorder.record(event)
    assert (recorder.waiting, recorder.lost) == (10, 5)
    recorder.close()
    assert (recorder.waiting, recorder.lost) == (0, 15)


def test_contents_never_push_out_events(tmp_path: Path) -> None:
    """Contents that are too many or too long are left out and counted; their events stay."""
    bounds = Bounds(contents_waiting=0)
    recorder = SegmentRecorder(tmp_path / "many", ContentPolicy.REDACTED, bounds)
    long = SegmentRecorder(tmp_path / "long", ContentPolicy.REDACTED, Bounds(longest_text=10))
    for one in (recorder, long):
        one.record(an_event(), a_content(answer="eleven char"))
        one.close()
        assert (one.contents_lost, one.lost) == (1, 0)
    assert _ids(tmp_path / "many") == _ids(tmp_path / "long") == ["r1"]


def test_one_event_without_a_form_takes_no_other_with_it(tmp_path: Path) -> None:
    """It is counted as lost, the others of its batch are written."""
    recorder = SegmentRecorder(tmp_path)
    for event in (an_event("r0"), an_event("huge", prompt_tokens=10**30), an_event("r1")):
        recorder.record(event)
    recorder.close()
    assert recorder.lost == 1
    assert _ids(tmp_path) == ["r0", "r1"]


def test_writing_goes_on_when_the_folder_can_be_used_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What could not be written is held meanwhile and lost for nobody; the log says so once a minute, no more."""
    caplog.set_level(logging.WARNING)
    clock, place = Clock(), tmp_path / "mount"
    place.write_text("")
    writer = SegmentWriter(place / "open", Bounds(), clock)
    writer.held += [an_event("secret-id")]
    for seconds in (0, 30, 29, 1):
        clock.now += seconds
        writer.write([], refused=0)
    assert len(caplog.records) == 2
    assert "secret-id" not in caplog.text
    assert "1 are held" in caplog.text
    place.unlink()
    writer.write([], refused=0)
    assert (_ids(place / "open"), writer.held, writer.lost) == (["secret-id"], [], 0)
    writer.end()


def test_refused_events_are_told_once_a_minute(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A queue that overflows is heard of although the disk works; without news there is no second line."""
    caplog.set_level(logging.WARNING)
    clock = Clock()
    writer = SegmentWriter(tmp_path, Bounds(), clock)
    for refused in (0, 3, 4, 4):
        writer.write([], refused)
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == [3]
    clock.now += 60
    writer.write([], refused=4)
    clock.now += 60
    writer.write([], refused=4)
    assert len(caplog.records) == 2
    writer.end()


def test_a_segment_that_somebody_removed_is_noticed(tmp_path: Path) -> None:
    """The system writes to a removed file without a word; what was in it counts as lost, what comes is kept."""
    writer = SegmentWriter(tmp_path, Bounds(), Clock())
    writer.held += _events(2)
    writer.write([], refused=0)
    segments_in(tmp_path)[0].unlink()
    writer.held += [an_event("next")]
    writer.write([], refused=0)
    assert (_ids(tmp_path), writer.lost, writer.held) == (["next"], 2, [])
    writer.end()


def test_a_segment_is_open_until_it_is_old_or_large(tmp_path: Path) -> None:
    """While its writer has it nobody can claim it; after its time, also without a new event, anybody can."""
    clock = Clock()
    writer = SegmentWriter(tmp_path, Bounds(segment_seconds=60, segment_bytes=2000), clock)
    writer.held += [an_event()]
    writer.write([], refused=0)
    (path,) = segments_in(tmp_path)
    assert not _can_be_claimed(path)
    clock.now += 60
    writer.write([], refused=0)
    assert _can_be_claimed(path)
    writer.held += _events(10)
    writer.write([], refused=0)
    assert all(_can_be_claimed(path) for path in segments_in(tmp_path))
    assert len(segments_in(tmp_path)) == 2


def _can_be_claimed(path: Path) -> bool:
    with claimed(path) as content:
        return content is not None


def test_contents_are_read_with_their_events(tmp_path: Path) -> None:
    """A content carries the id of its event, and stands apart from it."""
    recorder = SegmentRecorder(tmp_path, ContentPolicy.REDACTED)
    recorder.record(an_event("r1"), a_content("r1", question="Why?", answer="So.", scores=(0.5,)))
    recorder.close()
    assert list(contents_of(_parsed(tmp_path).contents)) == [
        a_content("r1", question="Why?", answer="So.", scores=(0.5,))
    ]
