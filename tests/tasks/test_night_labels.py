"""Labels at night: cohorts by event time, measured beside estimated, harm by what is true, and never a silent green."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pandas
import pytest
from fakes.drifting_service import CAPABILITY, DriftingService, rows_of
from fakes.scored_requests import labels_file
from fakes.small_project import REPOSITORY

from flows.night_page import night_page
from flows.watch_nightly import judge
from roadworthy.errors import ParamsError
from roadworthy.evaluation.values import Metric
from roadworthy.labels.adding import LabelDesk
from roadworthy.labels.report import LabelsReport, LabelState
from roadworthy.params.retention import RetentionParams
from roadworthy.performance.measured import Agreement
from roadworthy.performance.trigger import TriggerVerdict
from roadworthy.settings import Settings
from tasks.drift_night import DriftWatch
from tasks.label_settings import label_settings_in, label_settings_of
from tasks.night import read_night, write_night
from tasks.night_labels import judge_labels
from tasks.retention import sweep

LAST = date(2024, 3, 20)
DAY = timedelta(days=1)


def nights(count: int) -> list[date]:
    """Return so many nights up to the last one."""
    return [LAST - back * DAY for back in reversed(range(count))]


def came(service: DriftingService, night: date, ids: Sequence[str], labels: Sequence[int], days: int = 1) -> None:
    """Add the labels of a night's requests, so many days after its midnight; the events were at one o'clock."""
    event = datetime.combine(night, time(13), UTC).isoformat()
    rows = [(ids[place // 100], place % 100, label, event) for place, label in enumerate(labels)]
    clock = datetime.combine(night + days * DAY, time(14), UTC)
    path = labels_file(service.root / "outcomes.csv", rows)
    found = LabelDesk(service.store, clock=lambda: clock).add(CAPABILITY, path)
    assert found.refused == 0, found


def served(service: DriftingService, count: int, truth: Callable[[pandas.DataFrame], Sequence[int]] | None) -> None:
    """Serve so many nights; the labels of each came a day later, all but the last night's."""
    for night in nights(count):
        rows = rows_of(night)
        ids = service.serve(night, rows)
        if truth is not None and night < LAST:
            came(service, night, ids, truth(rows))


def true(rows: pandas.DataFrame) -> Sequence[int]:
    """What the scores promise comes true."""
    return rows["label"].tolist()


def upside_down(rows: pandas.DataFrame) -> Sequence[int]:
    """The same rows end differently, which no score tells."""
    return [int(one) for one in rows["label"].sample(frac=1, random_state=1)]


def report(service: DriftingService) -> LabelsReport:
    """Judge the last night."""
    return judge_labels(service.store, CAPABILITY, LAST).report


@pytest.fixture
def service(tmp_path: Path) -> DriftingService:
    """A release that nobody has asked yet."""
    return DriftingService(tmp_path)


def test_past_nights_are_measured_beside_their_estimates(service: DriftingService) -> None:
    """All labels came after a day: every night but the last is measured, near what was estimated, and they agree."""
    served(service, 9, true)
    found = report(service)
    assert [one.state for one in found.nights] == [LabelState.MEASURED] * 8 + [LabelState.WAITING]
    assert found.state is LabelState.MEASURED
    for one in found.nights[:-1]:
        assert set(one.measured) == set(one.estimated) == set(Metric)
        assert (one.rows, one.coverage, one.release) == (400, 1.0, 1)
        assert one.delays is not None
        assert one.delays.median == pytest.approx(25)
    check = found.checks[service.digest]
    assert check.nights == 8
    assert check.verdict in (Agreement.AGREE, Agreement.TOO_SURE)
    assert found.drift is not None
    assert found.drift.night == LAST - 7 * DAY


def test_harm_that_no_score_tells_is_measured(service: DriftingService) -> None:
    """The estimate keeps the model, what came true retrains it, and the reason says what it rests on."""
    served(service, 9, upside_down)
    labels = judge_labels(service.store, CAPABILITY, LAST)
    assert labels.report.checks[service.digest].verdict is Agreement.TOO_HOPEFUL
    without, with_labels = (
        DriftWatch(service.store, LAST).judge(CAPABILITY),
        DriftWatch(service.store, LAST).judge(CAPABILITY, labels.truth_of),
    )
    assert without.decision is not None
    assert without.decision.verdict is TriggerVerdict.KEEP
    assert with_labels.decision is not None
    assert with_labels.decision.verdict is TriggerVerdict.RETRAIN
    assert "measured" in with_labels.decision.reason


def test_late_labels_correct_the_estimate(service: DriftingService) -> None:
    """Labels come after six days: too few of the last nights are measured, and the past says how far off they are."""
    for night in nights(12):
        rows = rows_of(night)
        ids = service.serve(night, rows)
        if night <= LAST - 6 * DAY:
            came(service, night, ids, upside_down(rows), days=6)
    labels = judge_labels(service.store, CAPABILITY, LAST)
    decision = DriftWatch(service.store, LAST).judge(CAPABILITY, labels.truth_of).decision
    assert decision is not None
    assert decision.verdict is TriggerVerdict.RETRAIN
    assert "corrected" in decision.reason


def test_labels_count_for_the_night_of_their_event(service: DriftingService) -> None:
    """Predicted on one night, happened on the next: the cohort is that of the event, whenever the label came."""
    before = LAST - 2 * DAY
    ids = service.serve(before, rows_of(before))
    event = datetime.combine(LAST - DAY, time(9), UTC)
    rows = [(ids[place // 100], place % 100, place % 2, event.isoformat()) for place in range(400)]
    for part, hours in ((rows[:100], 1), (rows[100:], 20)):
        desk = LabelDesk(service.store, clock=lambda hours=hours: event + timedelta(hours=hours))  # type: ignore[misc]
        assert desk.add(CAPABILITY, labels_file(service.root / "part.csv", part)).kept == len(part)
    (night,) = report(service).nights
    assert (night.night, night.labelled, night.state) == (LAST - DAY, 400, LabelState.MEASURED)
    assert night.delays is not None
    assert (night.delays.median, night.delays.most) == (20, 20)


def nobody(service: DriftingService) -> None:
    """Nobody asks."""


def never(service: DriftingService) -> None:
    """No label ever comes."""
    for night in nights(9)[:2]:
        service.serve(night, rows_of(night))


def stopped(service: DriftingService) -> None:
    """Labels came once, and came no more."""
    for night in nights(10)[:3]:
        rows = rows_of(night)
        ids = service.serve(night, rows)
        if night == LAST - 9 * DAY:
            came(service, night, ids, true(rows))


def half(service: DriftingService) -> None:
    """Half of the labels are missing when time is over."""
    night = LAST - 7 * DAY
    rows = rows_of(night)
    came(service, night, service.serve(night, rows), true(rows)[:200])


def young(service: DriftingService) -> None:
    """Time is not over."""
    served(service, 2, None)


def one_class(service: DriftingService) -> None:
    """Everything came true."""
    night = LAST - 2 * DAY
    came(service, night, service.serve(night, rows_of(night)), [1] * 400)


def few(service: DriftingService) -> None:
    """A small night."""
    night = LAST - 2 * DAY
    rows = rows_of(night, rows=50)
    came(service, night, service.serve(night, rows), true(rows))


def damaged(service: DriftingService) -> None:
    """Half of a file is gone."""
    served(service, 2, true)
    service.store.create(f"telemetry/labels/date={LAST}/{CAPABILITY}.torn.parquet", b"PAR1")


BAD = [
    (nobody, LabelState.NO_ROWS),
    (never, LabelState.NO_LABELS),
    (stopped, LabelState.NO_LABELS),
    (half, LabelState.INCOMPLETE),
    (young, LabelState.WAITING),
    (one_class, LabelState.TOO_FEW),
    (few, LabelState.TOO_FEW),
    (damaged, LabelState.NOT_READABLE),
]


@pytest.mark.parametrize(("happens", "state"), BAD, ids=[happens.__name__ for happens, _ in BAD])
def test_whatever_is_wrong_with_labels_has_a_name(
    service: DriftingService, happens: Callable[[DriftingService], None], state: LabelState
) -> None:
    """With a reason, and without a crash of the night."""
    happens(service)
    found = read_night(service.store, LAST, (CAPABILITY,), {}).capabilities[0].labels
    assert found is not None
    assert found.state is state
    assert found.reason


def test_a_night_says_the_same_until_labels_come_and_then_more(service: DriftingService, tmp_path: Path) -> None:
    """Its bytes depend on the store alone; the report and the page show what was measured."""

    def written() -> bytes:
        return write_night(read_night(service.store, LAST, (CAPABILITY,), {}), tmp_path).read_bytes()

    night = LAST - DAY
    rows = rows_of(night)
    ids = service.serve(night, rows)
    before = written()
    assert before == written()
    came(service, night, ids, true(rows))
    after = written()
    assert after == written()
    (labels,) = [one["labels"] for one in json.loads(after)["capabilities"]]
    assert labels["state"] == "measured"
    assert labels["nights"][0]["measured"]["auc"]["value"] > 0.6
    page = night_page(read_night(service.store, LAST, (CAPABILITY,), {}))
    assert f"| {CAPABILITY} | {night} | 1 | 100% of 400 | measured |" in page


def test_scores_and_labels_are_kept_as_long_as_events(service: DriftingService) -> None:
    """The sweep takes them, and finds nothing of unknown age."""
    served(service, 2, true)
    policy = RetentionParams(content_days=5, event_days=30, log_days=5)
    sweep(service.store, service.root / "home", policy, LAST + 31 * DAY)
    assert service.store.keys("telemetry/labels/") == []
    assert service.store.keys("telemetry/scores/") == []


def test_how_late_labels_may_be_is_said_per_capability(service: DriftingService, tmp_path: Path) -> None:
    """After two days nobody waits any more; a capability of which nothing is said waits a week, as ever."""
    text = (REPOSITORY / "params.yaml").read_text()
    name = "flight-delay"
    (tmp_path / "params.yaml").write_text(f"{text}\nlabels:\n  {name}: {{delay_days: 2}}\n")
    stated = label_settings_in(tmp_path)
    assert {one: found.delay_days for one, found in stated.items()} == {name: 2}
    assert label_settings_of("another", tmp_path).delay_days == 7
    assert label_settings_in(tmp_path / "gone") == {}
    served(service, 8, None)
    for labels_of, state in (({}, LabelState.WAITING), ({CAPABILITY: stated[name]}, LabelState.NO_LABELS)):
        (one,) = read_night(service.store, LAST, (CAPABILITY,), {}, labels_of).capabilities
        assert one.labels is not None
        states = {night.night: night.state for night in one.labels.nights}
        assert states[LAST - 2 * DAY] is state
    (one,) = judge.fn(service.store, LAST, Settings(root=tmp_path)).capabilities
    assert one.labels is not None and one.labels.state is LabelState.NO_LABELS


@pytest.mark.parametrize("wrong", ["{delay_days: 0}", "{delay: 3}", "{delay_days: 366}"])
def test_a_wrong_delay_is_refused(tmp_path: Path, wrong: str) -> None:
    """Closed and bounded, as every section."""
    text = (REPOSITORY / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(f"{text}\nlabels:\n  flight-delay: {wrong}\n")
    with pytest.raises(ParamsError, match="wrong key"):
        label_settings_in(tmp_path)
