"""A night: what its requests say of each capability, with a named verdict also where there is nothing to say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from roadworthy.errors import UsageError
from roadworthy.service_levels.budget import BudgetVerdict
from roadworthy.store import LocalStore
from roadworthy.telemetry.event import Ending, Event, Kind
from roadworthy.telemetry.opening import open_recorder
from tasks.night import read_night, write_night

NIGHT = date(2026, 7, 14)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """A store with one night's requests: one capability goes well, one fails, of a third nobody asked."""
    store = LocalStore(tmp_path / "store")
    recorder = open_recorder(tmp_path / "home", store)
    begin = datetime(2026, 7, 14, tzinfo=UTC)
    for number in range(600):
        for name, bad in (("good", number % 300 == 0), ("bad", number % 4 == 0)):
            recorder.record(
                Event(
                    id=f"{name}-{number:05d}",
                    at=begin + timedelta(minutes=2 * number),
                    kind=Kind.PREDICTION,
                    ending=Ending.ERROR if bad else Ending.PREDICTED,
                    status=500 if bad else 200,
                    seconds=0.01,
                    capability=name,
                    release=1,
                    digest="d" * 64,
                    arm="production",
                )
            )
    recorder.close()
    assert recorder.lost == 0
    return store


def test_each_capability_gets_its_verdict(store: LocalStore) -> None:
    """Kept, spent or paged, and `no_data` where nobody asked: never green by silence."""
    night = read_night(store, NIGHT, ("bad", "good", "silent"), {})
    found = {one.capability: one for one in night.capabilities}
    assert found["good"].verdict is BudgetVerdict.KEPT
    assert found["bad"].verdict in (BudgetVerdict.SPENT, BudgetVerdict.PAGE)
    assert (found["silent"].verdict, found["silent"].figures) == (BudgetVerdict.NO_DATA, ())
    assert night.needs_somebody
    (figures,) = found["bad"].figures
    assert (figures.requests, figures.errors) == (600, 150)


def test_a_night_read_again_gives_the_same_bytes(store: LocalStore, tmp_path: Path) -> None:
    """What is over does not change."""
    first = write_night(read_night(store, NIGHT, ("bad", "good"), {}), tmp_path).read_bytes()
    assert write_night(read_night(store, NIGHT, ("bad", "good"), {}), tmp_path).read_bytes() == first
    assert b'"errors": 150' in first


def test_a_day_that_is_not_over_is_no_night(store: LocalStore) -> None:
    """Half a day would look like a quiet one."""
    with pytest.raises(UsageError, match="not over"):
        read_night(store, datetime.now(UTC).date(), ("good",), {})
