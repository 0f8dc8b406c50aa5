"""What is older than the policy allows is gone everywhere it was written, and nothing else is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from fakes.alert_samples import Clock, a_desk, a_finding
from fakes.memory_store import MemoryStore
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.alerts.alert import AlertKind
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.noting import Scope
from roadworthy.drift.kinds.retrieval import Found, RetrievalNight
from roadworthy.errors import DataError, StepFailed
from roadworthy.params.retention import RetentionParams
from roadworthy.store import Store
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.places import CONTENTS, EVENTS, key
from roadworthy.telemetry.segments import new_segment
from tasks.probes import keep_probes, read_probes
from tasks.retention import Swept, scan, sweep

TODAY = date(2026, 11, 23)
POLICY = RetentionParams(content_days=30, event_days=400, log_days=30)


def test_each_kind_goes_on_the_day_after_its_last_one(store: Store, tmp_path: Path) -> None:
    """With 30 days, what is 30 days old stays and what is 31 days old goes; contents sooner than events."""
    for kind in (CONTENTS, EVENTS):
        for age in (0, 30, 31, 400, 401, 4000):
            store.create(key(kind, _ago(age), "segment"), b"parquet")
    store.create("ledger/churn/1.json", b"entry")
    swept = sweep(store, tmp_path, POLICY, TODAY)
    assert swept == Swept(contents=4, events=2, segments=0, logs=0)
    kept = {key(CONTENTS, _ago(age), "segment") for age in (0, 30)}
    kept |= {key(EVENTS, _ago(age), "segment") for age in (0, 30, 31, 400)}
    assert set(store.keys()) == kept | {"ledger/churn/1.json"}
    assert sweep(store, tmp_path, POLICY, TODAY) == Swept(0, 0, 0, 0)


@given(ages=st.sets(st.integers(min_value=-3, max_value=900)), days=st.integers(min_value=1, max_value=800))
def test_a_scan_after_a_sweep_finds_nothing(
    ages: set[int], days: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever lay there and whatever the policy, nothing older than it is left, and nothing younger is missing."""
    store, home = MemoryStore(), tmp_path_factory.mktemp("home")
    policy = RetentionParams(content_days=days, event_days=days)
    for age in ages:
        store.create(key(CONTENTS, _ago(age), "segment"), b"")
    sweep(store, home, policy, TODAY)
    assert not scan(store, home, policy, TODAY)
    assert store.keys() == sorted(key(CONTENTS, _ago(age), "segment") for age in ages if age <= days)


def test_segments_that_never_came_to_the_store_go_too(tmp_path: Path) -> None:
    """A segment of a newer version, which this one can't seal, holds contents: it goes when contents go."""
    (tmp_path / OPEN).mkdir(parents=True)
    old, young = (tmp_path / OPEN / f"{_ago(age):%Y%m%d}T000000-1-{age:016x}.jsonl" for age in (31, 30))
    for path in (old, young):
        path.write_bytes(b'{"v":99}\n')
    store = MemoryStore()
    sealable = scan(store, tmp_path, POLICY, TODAY)
    assert sealable.segments == (old,)
    sweep(store, tmp_path, POLICY, TODAY)
    assert not old.exists()


def test_what_is_held_open_fails_the_sweep(tmp_path: Path) -> None:
    """An old segment whose writer is alive can't be removed: that is said, never passed over."""
    segment = new_segment(tmp_path / OPEN, now=0.0)
    try:
        with pytest.raises(StepFailed, match="older than `retention`"):
            sweep(MemoryStore(), tmp_path, POLICY, date.today() + timedelta(days=40))
    finally:
        segment.close()


def test_keys_without_a_date_are_reported_and_kept(tmp_path: Path) -> None:
    """What nobody knows the age of is not removed, and not passed over either; the rest is swept all the same."""
    store = MemoryStore()
    for name in ("telemetry/content/notes.txt", "telemetry/events/date=2026-02-30/a.parquet"):
        store.create(name, b"")
    store.create(key(CONTENTS, _ago(31), "old"), b"")
    with pytest.raises(DataError, match="2 keys"):
        sweep(store, tmp_path, POLICY, TODAY)
    assert len(store.keys()) == 2


def test_logs_are_set_aside_by_date_and_go(tmp_path: Path) -> None:
    """A server may go on writing to its log; what it wrote goes when its date is older than allowed."""
    log = tmp_path / "prefect" / "server.log"
    log.parent.mkdir()
    with log.open("ab", buffering=0) as server:
        server.write(b"first\n")
        sweep(MemoryStore(), tmp_path, POLICY, _ago(31))
        server.write(b"second\n")
        aside = log.with_suffix(f".{_ago(31)}.log")
        assert (aside.read_bytes(), log.read_bytes()) == (b"first\n", b"second\n")
        swept = sweep(MemoryStore(), tmp_path, POLICY, TODAY)
    assert swept.logs == 1
    assert sorted(path.name for path in log.parent.iterdir()) == [f"server.{TODAY}.log", "server.log"]


def test_a_sweep_that_was_cut_short_is_finished_by_the_next(tmp_path: Path) -> None:
    """A store that fails in the middle fails the sweep; the next one removes what is left."""
    store = _FailsOnce()
    for age in (31, 32, 33):
        store.create(key(CONTENTS, _ago(age), "segment"), b"")
    with pytest.raises(ConnectionError):
        sweep(store, tmp_path, POLICY, TODAY)
    assert sweep(store, tmp_path, POLICY, TODAY).contents == 2
    assert store.keys() == []


def test_pinned_questions_of_nights_go_as_events_do(store: Store, tmp_path: Path) -> None:
    """And what lies among them without a date is reported."""
    for age in (0, 400, 401):
        keep_probes(store, "help-desk", RetrievalNight(_ago(age), {"q1": [Found("d1", 1.0)]}, documents={}, index="i"))
    assert sweep(store, tmp_path, POLICY, TODAY).events == 1
    assert len(store.keys("watch/")) == 2
    assert len(read_probes(store, "help-desk", [_ago(400), _ago(401)])) == 1
    store.create("watch/probes/help-desk/notes.json", b"")
    with pytest.raises(DataError, match="1 keys"):
        sweep(store, tmp_path, POLICY, TODAY)


def test_old_entries_of_the_log_of_alerts_go_and_the_board_stays(store: Store, tmp_path: Path) -> None:
    """Also when all of them are old: what is open is still open, the rest can be read, and the log goes on."""
    clock = Clock(datetime.combine(_ago(403), time(12), UTC))
    desk = a_desk(clock=clock, store=store)  # type: ignore[arg-type]
    for number in range(5):
        desk.report(Scope(frozenset({AlertKind.SERVICE_LEVEL})), (a_finding(measure=f"m{number}"),))
        clock.pass_(days=1)
    assert [one.at.date() for one in AlertLog(store).entries()] == [_ago(age) for age in (403, 402, 401, 400, 399)]
    swept = sweep(store, tmp_path, POLICY, TODAY)
    assert swept.alerts == 3
    assert [one.finding.measure for one in AlertLog(store).alerts()] == ["m2", "m3", "m4"]
    assert sweep(store, tmp_path, POLICY, TODAY + timedelta(days=99)).alerts == 1
    desk.report(Scope(frozenset()), (a_finding(measure="m5"),))
    assert [one.finding.measure for one in AlertLog(store).board().open] == ["m4", "m5"]
    assert [one.sequence for one in AlertLog(store).entries()] == [5, 6]


class _FailsOnce(MemoryStore):
    """Loses the connection at its second removal."""

    removals = 0

    def remove(self, key: str) -> None:
        """Remove, or fail."""
        self.removals += 1
        if self.removals == 2:
            raise ConnectionError
        super().remove(key)


def _ago(days: int) -> date:
    return TODAY - timedelta(days)
