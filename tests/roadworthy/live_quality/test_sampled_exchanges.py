"""A night's sample: the same exchanges each time, all of them counted, and no more read than are looked at."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Callable

from fakes.any_events import a_content, an_event
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.live_quality.exchanges import Group, sample
from roadworthy.telemetry.event import Content, Ending, Event, Kind
from roadworthy.telemetry.lines import content_line, event_line
from roadworthy.telemetry.parsing import Parsed, parse_segment
from roadworthy.telemetry.rows import contents_of, events_of

ENDINGS = (Ending.ANSWERED, Ending.REFUSED, Ending.FAILED, Ending.ERROR)
Asked = tuple[int, str, Ending, str | None]
"""Release, arm, ending, and the answer where contents are kept."""


def a_night(asked: list[Asked]) -> Parsed:
    """Return the tables of a night with these requests."""
    lines = []
    for number, (release, arm, ending, answer) in enumerate(asked):
        event = an_event(f"r{number}", release=release, arm=arm, ending=ending)
        lines.append(event_line(event))
        if answer is not None:
            lines.append(content_line(a_content(event.id, question="?", answer=answer)))
    return parse_segment(b"".join(lines))


def turn(event: Event) -> str:
    """The order in which exchanges are chosen."""
    return hashlib.sha256(event.id.encode()).hexdigest()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 2),
            st.sampled_from(["production", "canary"]),
            st.sampled_from(ENDINGS),
            st.sampled_from([None, "", "A."]),
        ),
        max_size=30,
    ),
    st.integers(1, 5),
)
def test_the_first_of_each_group_by_the_digest_of_their_ids(asked: list[Asked], most: int) -> None:
    """Beside a plain reading of all rows: the same counts, and the same exchanges in the same order."""
    night = a_night(asked)
    found = sample(night.events, night.contents, most)
    answers: dict[str, Content] = {one.id: one for one in contents_of(night.contents) if one.answer}
    ended = [one for one in events_of(night.events) if one.ending in (Ending.ANSWERED, Ending.REFUSED)]
    for group in {Group(one.release, one.arm) for one in ended}:
        own = sorted((one for one in ended if Group(one.release, one.arm) == group), key=turn)
        kept = [one for one in own if one.id in answers]
        assert (found.counts[group], found.kept.get(group, 0)) == (len(own), len(kept))
        chosen = found.chosen.get(group, ())
        assert [(one.event, one.content) for one in chosen] == [(one, answers[one.id]) for one in kept[:most]]
    assert sum(found.counts.values()) == len(ended)


def test_predictions_are_no_exchanges() -> None:
    """Neither is what users say of an answer."""
    lines = [
        event_line(an_event(kind=Kind.PREDICTION, ending=Ending.PREDICTED)),
        event_line(an_event("f", kind=Kind.FEEDBACK)),
    ]
    night = parse_segment(b"".join(lines))
    found = sample(night.events, night.contents)
    assert (found.counts, found.kept, found.chosen) == ({}, {}, {})


def test_what_nobody_looks_at_is_not_read() -> None:
    """Of three thousand exchanges five are made into objects: a tenth of the memory that all would take, at most."""
    night = a_night([(1, "production", Ending.ANSWERED, "A.")] * 3000)
    sample(night.events, night.contents, 5)  # What is imported late counts for nothing.
    all_of_them = peak(lambda: (list(events_of(night.events)), list(contents_of(night.contents))))
    assert peak(lambda: sample(night.events, night.contents, 5)) < all_of_them / 10


def peak(work: Callable[[], object]) -> int:
    """Return how much memory Python's objects took at most meanwhile."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
