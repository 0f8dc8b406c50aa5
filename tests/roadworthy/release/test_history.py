"""What was live when, whatever the clocks said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.release.entries import (
    Actor,
    Approved,
    Entry,
    EvidenceRecorded,
    Fact,
    Moved,
    Released,
    RequestRefused,
    RolledBack,
    Stage,
    SwitchedOff,
    SwitchedOn,
)
from roadworthy.release.history import live_at, timeline
from roadworthy.release.standing import standing_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FACTS: tuple[Fact, ...] = (
    Released(release=1, digest="a" * 64, commit="1" * 40, clean_work_tree=True),
    Moved(release=1, stage=Stage.STAGING),
    Moved(release=1, stage=Stage.PRODUCTION),
    Released(release=2, digest="b" * 64, commit="2" * 40, clean_work_tree=True),
    Moved(release=2, stage=Stage.STAGING),
    Moved(release=2, stage=Stage.PRODUCTION),
    RolledBack(release=2, to=1, reason="bad numbers"),
)


def entries_at(minutes: Sequence[int], facts: Sequence[Fact] = FACTS) -> tuple[Entry, ...]:
    """Entries with `facts`, whose writers' clocks showed so many minutes after noon."""
    return tuple(
        Entry(
            capability="flight-delay",
            sequence=number,
            previous=None,
            at=NOON + timedelta(minutes=minute),
            by=Actor(name="ann", authenticated=number == 1),
            fact=fact,
        )
        for number, (minute, fact) in enumerate(zip(minutes, facts, strict=True), start=1)
    )


def live(entries: tuple[Entry, ...], minute: float) -> int | None:
    """The number of the release that was live so many minutes after noon."""
    record = live_at(entries, NOON + timedelta(minutes=minute))
    return record.number if record else None


def test_what_was_live_at_a_moment() -> None:
    """Nothing before the first promotion; then each release from its promotion to the next, inclusive."""
    entries = entries_at([0, 10, 20, 30, 40, 50, 60])
    expected = {-1: None, 19.9: None, 20: 1, 49.9: 1, 50: 2, 59: 2, 60: 1, 10_000: 1}
    assert {minute: live(entries, minute) for minute in expected} == expected
    assert live((), 0) is None
    assert live_at(entries, (NOON + timedelta(minutes=50)).astimezone(timezone(timedelta(hours=-5)))) is not None


def test_a_slow_clock_reorders_nothing() -> None:
    """An entry whose clock was behind counts from the time of the entry before it."""
    entries = entries_at([0, 10, 20, 30, 40, -600, 60])
    assert [live(entries, minute) for minute in (20, 39, 40, 59, 60)] == [1, 1, 2, 2, 1]
    assert [line.sequence for line in timeline(entries)] == [1, 2, 3, 4, 5, 6, 7]
    assert timeline(entries)[5].at == NOON + timedelta(minutes=40)


def test_a_fast_clock_dates_what_follows_no_earlier() -> None:
    """What came after an entry whose clock was ahead counts from the same time."""
    entries = entries_at([0, 10, 20, 30, 40, 500, 60])
    assert [live(entries, minute) for minute in (60, 499, 500)] == [1, 1, 1]


@given(st.lists(st.integers(-1000, 1000), min_size=len(FACTS), max_size=len(FACTS)))
def test_whatever_the_clocks_said_time_runs_forward(minutes: list[int]) -> None:
    """Asked for later and later moments, history passes through the ledger's states in its order."""
    entries = entries_at(minutes)
    states = [standing_of("flight-delay", entries[:count]).production for count in range(len(entries) + 1)]
    place = 0
    for minute in range(-1001, 1002, 50):
        seen = live_at(entries, NOON + timedelta(minutes=minute))
        place = next(index for index in range(place, len(states)) if states[index] == seen)
    assert live_at(entries, NOON + timedelta(days=1)) == states[-1]


def test_a_moment_needs_a_time_zone() -> None:
    """Noon without a zone is not one moment."""
    with pytest.raises(UsageError, match="time zone"):
        live_at(entries_at([0] * 7), datetime(2026, 11, 20, 12))


def test_the_timeline_says_who_did_what_to_which_release() -> None:
    """Each kind of fact has its phrase."""
    facts: list[Fact] = [
        Released(release=1, digest="a" * 64, commit="1" * 40, clean_work_tree=False),
        EvidenceRecorded(release=1, name="gates", verdict="inconclusive", summary="Too few rows."),
        Approved(release=1, stage=Stage.STAGING, gesture="tag approval=approved", evidence=(2,)),
        RequestRefused(release=1, stage=Stage.STAGING, gesture="alias staging", reason="uncommitted changes"),
        SwitchedOff(target="flight-delay", reason="wrong answers"),
        SwitchedOn(target="flight-delay", reason="fixed"),
    ]
    lines = timeline(entries_at([0] * 6, facts))
    assert [line.what for line in lines] == [
        "released as aaaaaaaaaaaa from commit 111111111111, with uncommitted changes",
        "evidence gates: inconclusive. Too few rows.",
        "approved for staging (tag approval=approved)",
        "request for staging refused (alias staging): uncommitted changes",
        "flight-delay switched off: wrong answers",
        "flight-delay switched on: fixed",
    ]
    assert [line.release for line in lines] == [1, 1, 1, 1, None, None]
    assert [(line.who, line.authenticated) for line in lines[:2]] == [("ann", True), ("ann", False)]
    last = timeline(entries_at([0] * 7))
    assert [line.what for line in last[-2:]] == ["moved to production", "rolled back to release 1: bad numbers"]
