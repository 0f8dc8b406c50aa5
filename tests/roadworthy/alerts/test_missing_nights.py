"""A night that nobody read is named, wherever it lies among those that somebody read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.alerts.nights import LOOK_BACK, Expected, NightReport, missing_nights
from roadworthy.service_levels.objectives import Severity

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DUE = timedelta(hours=5)
LAST = date(2026, 11, 22)
LONG_AGO = NOON - timedelta(days=99)
DESK = frozenset({"help-desk"})
_SIGHT = range(LOOK_BACK)


def ago(nights: int) -> date:
    """Return the night so many before the last one."""
    return LAST - timedelta(days=nights)


def named(*without: int, since: datetime = LONG_AGO, now: datetime = NOON, until: int = 0) -> list[str]:
    """Return what is told when every night up to `until` ago has a report, without these; nights as their age."""
    reports = tuple(NightReport(ago(back), DESK) for back in range(until, 60) if back not in without)
    return [one.measure for one in missing_nights(reports, Expected.at(now, since, DUE))]


def test_a_night_behind_the_newest_report_is_named() -> None:
    """Night 12 ran, 13 did not, 14 ran: a ticket, and nobody is called, since the watch runs."""
    reports = tuple(NightReport(ago(back), DESK) for back in range(30) if back != 1)
    (found,) = missing_nights(reports, Expected.at(NOON, LONG_AGO, DUE))
    assert (found.measure, found.severity, found.capability) == ("night_2026-11-21", Severity.TICKET, "")


@given(gone=st.sets(st.integers(min_value=1, max_value=40)))
def test_every_night_in_sight_is_named_once_in_order(gone: set[int]) -> None:
    """And none that was read, and none that is out of sight."""
    expected = [f"night_{ago(back)}" for back in sorted(gone, reverse=True) if back in _SIGHT]
    assert named(*gone) == expected


@pytest.mark.parametrize(
    ("until", "since", "now", "missing"),
    [
        (0, LONG_AGO, NOON, 0),
        (1, LONG_AGO, NOON, 1),
        (2, LONG_AGO, NOON, 2),
        (1, LONG_AGO, NOON.replace(hour=4, minute=59), 0),
        (1, LONG_AGO, NOON.replace(hour=5), 1),
        (60, NOON - timedelta(hours=1), NOON, 0),
        (60, NOON, NOON + timedelta(days=1), 1),
        (60, NOON, NOON + timedelta(days=3), 3),
        (20, LONG_AGO, NOON, 20),
    ],
)
def test_nights_that_nobody_read(until: int, since: datetime, now: datetime, missing: int) -> None:
    """Told from five hours after the night's end on; nothing is expected of the time before the watch began."""
    reports = tuple(NightReport(ago(back), DESK) for back in range(until, 60))
    found = missing_nights(reports, Expected.at(now, since, DUE))
    named = [one for one in found if one.severity is Severity.TICKET]
    calls = [one for one in found if one.severity is Severity.PAGE]
    assert len(named) == min(missing, LOOK_BACK)
    assert [(one.measure, one.measured) for one in calls] == ([("nights_missing", missing)] if missing > 1 else [])


def test_a_report_without_a_capability_that_had_one_is_told_of_that_capability() -> None:
    """From its own first report on: what is new was not missing before."""
    both = DESK | {"churn"}
    reports = (
        NightReport(ago(3), DESK),
        NightReport(ago(2), both),
        NightReport(ago(1), DESK),
        NightReport(ago(0), both),
    )
    found = missing_nights(reports, Expected.at(NOON, NOON - timedelta(days=4), DUE))
    assert [(one.capability, one.measure) for one in found] == [("churn", "night_2026-11-21")]


def test_a_report_of_a_night_that_is_not_over_hides_none() -> None:
    """A clock that ran ahead once left one."""
    reports = (NightReport(ago(-8), DESK), *(NightReport(ago(back), DESK) for back in range(2, 30)))
    found = missing_nights(reports, Expected.at(NOON, LONG_AGO, DUE))
    assert [one.measure for one in found] == ["night_2026-11-21", "night_2026-11-22"]
