"""Timelines are in order and lose nothing; milestones follow from them, whatever the clocks say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fakes.bad_release import ANN, CAPABILITY, book, minute
from fakes.memory_store import MemoryStore
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.incidents.changes import noting, opening
from roadworthy.incidents.findings import Milestones
from roadworthy.incidents.incident import Incident
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.incidents.timeline import Happening, Reading, Sign, Source, milestones_of, own_reading, timeline_of

ALERT = Happening(minute(5), Source.ALERTS, "errors are beyond their bound", sign=Sign.DETECTION)
ROLLBACK = Happening(minute(20), Source.LEDGER, "rolled back", release=2, sign=Sign.MITIGATION)

minutes = st.integers(-60, 60).map(minute)
happenings = st.lists(
    st.builds(
        Happening, minutes, st.sampled_from(Source), st.sampled_from("abc"), sign=st.none() | st.sampled_from(Sign)
    ),
    max_size=12,
)


TEN = minute(10)


def incident(at: datetime = TEN, mitigated: datetime | None = None) -> Incident:
    """Return an incident that was opened at a moment, and perhaps marked as mitigated."""
    store = MemoryStore()
    opened = book(store, at).record(opening(CAPABILITY, IncidentKind.OUTAGE, "nothing answers"), ANN)
    if mitigated is None:
        return opened
    return book(store, mitigated).record(noting("inc-1", "it answers", mitigated=True), ANN)


@given(st.lists(happenings, max_size=4))
def test_a_timeline_is_ordered_and_whole(told: list[list[Happening]]) -> None:
    """Every line of the window is there once, by time; lines of one moment and source stay as they came."""
    readings = [Reading(Source.LEDGER, tuple(one)) for one in told]
    found = timeline_of(readings, minute(-30), minute(30)).happenings
    within = [one for lines in told for one in lines if minute(-30) <= one.at <= minute(30)]
    assert sorted(map(repr, found)) == sorted(map(repr, within))
    assert [one.at for one in found] == sorted(one.at for one in found)
    for moment, source in {(one.at, one.source) for one in found}:
        same = [one for one in found if (one.at, one.source) == (moment, source)]
        assert same == [one for one in within if (one.at, one.source) == (moment, source)]


@given(happenings, st.none() | minutes, st.none() | minutes, minutes)
def test_milestones_never_go_back(
    told: list[Happening], started: datetime | None, ended: datetime | None, opened: datetime
) -> None:
    """Spans are none or not negative; nobody detects later than the opening, or mitigates before it began."""
    found = milestones_of(incident(opened), told, started, ended)
    spans = [found.time_to_detect, found.time_to_mitigate, found.duration]
    assert all(span is None or span >= timedelta() for span in spans)
    assert found.detected <= opened
    assert found.mitigated is None or found.mitigated >= found.began
    assert (found.time_to_detect is None) is (started is None or found.detected < started)


def test_alert_and_rollback_are_the_milestones() -> None:
    """The alert came before the person, and the rollback helped."""
    found = milestones_of(incident(), (ROLLBACK, ALERT), minute(0), minute(30))
    assert (found.detected, found.detected_by) == (minute(5), ALERT.what)
    assert (found.mitigated, found.mitigated_by) == (minute(20), "rolled back")
    spans = [found.time_to_detect, found.time_to_mitigate, found.duration]
    assert spans == [timedelta(minutes=number) for number in (5, 20, 30)]


def test_without_a_start_spans_count_from_the_detection() -> None:
    """How long nobody noticed is not known then, and not said to be nothing."""
    found = milestones_of(incident(), (ROLLBACK, ALERT), None, minute(30))
    assert found.time_to_detect is None
    assert (found.time_to_mitigate, found.duration) == (timedelta(minutes=15), timedelta(minutes=25))


@pytest.mark.parametrize("at", [-1, 11])
def test_an_alert_before_the_start_or_after_the_opening_detected_nothing(at: int) -> None:
    """It was the person then."""
    other = Happening(minute(at), Source.ALERTS, "another", sign=Sign.DETECTION)
    found = milestones_of(incident(), (other,), minute(0), None)
    assert (found.detected, found.detected_by) == (minute(10), "a person, who opened the incident")
    assert (found.mitigated, found.ended, found.duration) == (None, None, None)


def test_a_person_knows_better_when_it_was_mitigated() -> None:
    """The mark counts before what the ledger tells."""
    found = milestones_of(incident(mitigated=minute(14)), (ROLLBACK,), minute(0), None)
    assert (found.mitigated, found.mitigated_by) == (minute(14), "a person's note")


def test_an_end_before_the_detection_is_no_duration() -> None:
    """Somebody gave an end at which nobody knew yet, and no start: not known."""
    found = milestones_of(incident(), (), None, minute(1))
    assert found.duration is None


def test_milestones_come_back_from_json_as_they_were() -> None:
    """They are kept when an incident is closed."""
    found = milestones_of(incident(), (ALERT,), minute(0), minute(30))
    assert Milestones.model_validate_json(found.model_dump_json()) == found


def test_the_book_speaks_in_the_timeline() -> None:
    """Who said what and when."""
    reading = own_reading(incident(mitigated=minute(14)))
    assert [(one.at, one.who, one.what) for one in reading.happenings] == [
        (minute(10), "ann", "opened: nothing answers"),
        (minute(14), "ann", "mitigated: it answers"),
    ]
