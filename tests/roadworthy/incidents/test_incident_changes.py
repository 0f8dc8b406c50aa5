"""What may be written about an incident, and what bad input gets."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fakes.bad_release import ANN, CAPABILITY, book, minute
from fakes.memory_store import MemoryStore

from roadworthy.errors import Busy, RoadworthyError, RuleBroken, UnknownName, UsageError
from roadworthy.incidents.changes import Found, closing, noting, opening, span_of
from roadworthy.incidents.entries import LONGEST
from roadworthy.incidents.findings import Milestones
from roadworthy.incidents.incident import Incident
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.store import Store

NOTHING_FOUND = Found(
    Milestones(started=None, detected=minute(0), detected_by="a person", ended=minute(9)), None, ("ledger: it is down",)
)


@pytest.fixture
def store() -> Store:
    """A store with one incident, open since minute 0."""
    store = MemoryStore()
    book(store, minute(0)).record(opening(CAPABILITY, IncidentKind.OUTAGE, "nothing answers"), ANN)
    return store


def close(store: Store, at: datetime, name: str = "inc-1") -> Incident:
    """Close the incident."""
    return book(store, at).record(closing(name, "a full disk", ("watch the disk",), NOTHING_FOUND), ANN)


def test_a_second_one_of_the_same_kind_is_asked_for_by_name(store: Store) -> None:
    """Refused with the one that is open, unless it is meant; another kind or capability is another matter."""
    later = book(store, minute(1))
    with pytest.raises(Busy, match="inc-1 is open already for the same: nothing answers") as refused:
        later.record(opening(CAPABILITY, IncidentKind.OUTAGE, "again"), ANN)
    assert "--another" in str(refused.value.remedy)
    assert later.record(opening(CAPABILITY, IncidentKind.OUTAGE, "again", another=True), ANN).id == "inc-2"
    assert later.record(opening(CAPABILITY, IncidentKind.COST, "dear"), ANN).id == "inc-3"
    assert later.record(opening("flight-delay", IncidentKind.OUTAGE, "too"), ANN).id == "inc-4"
    close(store, minute(2))
    close(store, minute(3), "inc-2")
    assert later.record(opening(CAPABILITY, IncidentKind.OUTAGE, "once more"), ANN).id == "inc-5"


def test_what_is_closed_stays_closed(store: Store) -> None:
    """Neither a second end nor a note is taken, and the first end stays."""
    first = close(store, minute(9))
    for decide in (closing("inc-1", "moths", ("nets",), NOTHING_FOUND), noting("inc-1", "more")):
        with pytest.raises(RuleBroken, match="inc-1 was closed already"):
            book(store, minute(10)).record(decide, ANN)
    assert book(store, minute(11)).incidents() == (first,)
    assert first.closed is not None
    assert (first.closed.cause, first.closed.not_read) == ("a full disk", ("ledger: it is down",))


@pytest.mark.parametrize("name", ["inc-2", "2", "", "inc-", "0", "inc-1.json", "../inc-1"])
def test_an_unknown_incident_is_none(store: Store, name: str) -> None:
    """It says what there is."""
    with pytest.raises(UnknownName) as error:
        book(store, minute(1)).record(noting(name, "text"), ANN)
    assert "inc-1" in str(error.value.remedy)


@pytest.mark.parametrize(
    ("decide", "words"),
    [
        (lambda: opening(CAPABILITY, IncidentKind.COST, "  "), "empty"),
        (lambda: opening(CAPABILITY, IncidentKind.COST, "x" * (LONGEST + 1)), "longer than"),
        (lambda: opening(CAPABILITY, IncidentKind.COST, "dear", started=minute(2)), "yet to come"),
        (lambda: noting("inc-1", "\u202e\x1b"), "empty"),
        (lambda: noting("inc-1", "well", at=minute(0)), "dated by the clock"),
        (lambda: noting("inc-1", "well", mitigated=True, at=minute(2)), "yet to come"),
        (lambda: closing("inc-1", "moths", (), NOTHING_FOUND), "at least one action"),
        (lambda: closing("inc-1", "moths", ("",), NOTHING_FOUND), "empty"),
        (lambda: closing("inc-1", "", ("nets",), NOTHING_FOUND), "empty"),
    ],
)
def test_what_says_nothing_or_lies_ahead_is_refused(store: Store, decide, words: str) -> None:
    """With where it was given and what to do; nothing is recorded."""
    before = book(store, minute(1)).incidents()
    with pytest.raises(UsageError, match=words) as error:
        book(store, minute(1)).record(decide(), ANN)
    assert error.value.where
    assert error.value.remedy
    assert book(store, minute(1)).incidents() == before


def test_secrets_and_people_are_not_kept(store: Store) -> None:
    """Addresses and keys that somebody pastes are taken out before anything is written."""
    pasted = "ann.smith@bank.example wrote with key AKIAIOSFODNN7EXAMPLE, call +49 30 901820"
    incident = book(store, minute(1)).record(noting("inc-1", pasted), ANN)
    (note,) = (entry.fact.text for entry in incident.entries[1:])
    for word in ("ann.smith", "AKIA", "901820"):
        assert word not in note
    assert "wrote with key" in note


def test_a_clock_that_went_back_is_told_and_moves_nothing(store: Store) -> None:
    """A note by a slow clock is dated like the entry before it; a little slow it may be for an end, no more."""
    slow = book(store, minute(-30))
    incident = slow.record(noting("inc-1", "rolled back", mitigated=True), ANN)
    assert incident.moments == (minute(0), minute(0))
    assert incident.marked_mitigated == minute(0)
    (doubt,) = incident.clock_doubts(minute(1))
    assert "entry 2" in doubt
    assert "0:30:00 behind" in doubt
    assert span_of(incident, None, None, minute(-4)).ended == minute(0)
    with pytest.raises(UsageError, match="written 0:30:00 later"):
        span_of(incident, None, None, minute(-30))


def test_a_clock_that_ran_ahead_is_told(store: Store) -> None:
    """A note from tomorrow is named; people may still say when it really began and ended."""
    ahead = book(store, minute(0) + timedelta(days=1))
    incident = ahead.record(noting("inc-1", "rolled back"), ANN)
    (doubt,) = incident.clock_doubts(minute(0))
    assert "1 day, 0:00:00 ahead" in doubt
    said = span_of(incident, minute(-5), minute(8), minute(9))
    assert (said.started, said.ended) == (minute(-5), minute(8))


@pytest.mark.parametrize(
    ("started", "ended", "words"),
    [(5, 4, "before the start"), (11, None, "yet to come"), (None, 11, "yet to come")],
)
def test_a_span_that_can_not_be_is_refused(store: Store, started: int | None, ended: int | None, words: str) -> None:
    """An end before its start, and what is yet to come."""
    (incident,) = book(store, minute(0)).incidents()
    given = [minute(one) if one is not None else None for one in (started, ended)]
    with pytest.raises(RoadworthyError, match=words):
        span_of(incident, given[0], given[1], minute(10))
