"""Who raises alerts: nights, canaries, weeks, gateways, spikes, the dead man; none of them fails for a channel."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.alert_samples import Clock, Notebook, a_desk
from fakes.memory_store import MemoryStore
from fakes.served_releases import put_in_production
from pydantic import SecretStr
from servers.alert_endpoints import running_webhook
from servers.web import Answer, running_web_server

from roadworthy.alerts.alert import AlertKind
from roadworthy.alerts.heartbeat import beat
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.nights import NightReport
from roadworthy.canary.ramp import Hold, RampTo, RollBack
from roadworthy.canary.verdict import CanaryVerdict, Judgement
from roadworthy.canary.watching import Present, Watched
from roadworthy.drift.kinds.interface import DriftKind, KindVerdict, State
from roadworthy.labels.report import LabelsReport, LabelState, Moved
from roadworthy.live_quality.report import NightQuality
from roadworthy.service_levels.budget import judge_budget
from roadworthy.service_levels.consumption import Consumption
from roadworthy.service_levels.objectives import Severity, SuccessObjective
from roadworthy.settings import Settings
from roadworthy.spikes.settings import SpikeParams
from roadworthy.store import LocalStore
from roadworthy.telemetry.event import Ending, Event, Kind
from roadworthy.telemetry.opening import open_recorder
from tasks.alerting import report
from tasks.canary_alerts import canary_findings, canary_scope
from tasks.gateway_alerts import gateway_findings
from tasks.night import REPORTS, CapabilityNight, Night
from tasks.night_alerts import SCOPE, night_findings
from tasks.night_assistants import AssistantDrift
from tasks.quality_alerts import quality_findings
from tasks.sentry import EVERY_SECONDS, LAG_SECONDS, NOT_LOOKED, look, next_look, night_reports
from tasks.spike_watch import spike_findings
from tasks.watch_rules import WatchRules, rules_at_hand
from tasks.weekly_alerts import not_evaluated, weekly_scope

NAME = "help-desk"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARAMS = """
capabilities:
  help-desk:
    kind: assistant
"""


def a_night(bad: int, requests: int = 1000) -> Night:
    """A night of one capability, so many of whose last hour's requests failed."""
    import numpy as np

    at = NOON.timestamp() - np.arange(requests, 0, -1) * 3.6
    used = np.zeros(requests)
    used[:: requests // bad if bad else 1] = bad > 0
    budget = judge_budget(SuccessObjective(target=0.99), Consumption(at, used), NOON)
    return Night(date(2026, 11, 22), (CapabilityNight(NAME, (), (budget,)),))


def test_an_assistants_drift_is_told_by_its_kind() -> None:
    """Which kind moved and how far beyond what matters; which can't be judged; of what is steady nothing."""
    said = [(DriftKind.TOPICS, State.NO_DATA, 0.0), (DriftKind.TOOLS, State.DRIFT, 2.5)]
    said += [(DriftKind.RETRIEVAL, State.UNKNOWN_SCHEMA, 0.0)]
    night = date(2026, 11, 22)
    kinds = [KindVerdict(kind, night, state, "as it is", effect=effect) for kind, state, effect in said]
    drift = AssistantDrift(NAME, night, (*kinds, KindVerdict(DriftKind.PROMPTS, night, State.STEADY, "as ever")))
    found = night_findings(MemoryStore(), Night(night, (CapabilityNight(NAME, (), (), assistant=drift),)))
    assert [(one.kind, one.measure, one.measured, one.bound) for one in found] == [
        (AlertKind.DRIFT, "tools", 2.5, 1),
        (AlertKind.DRIFT, "retrieval.not_judged", None, None),
    ]


def test_a_night_pages_for_a_burn_and_asks_for_data_of_what_is_live() -> None:
    """The burn rate with its bound; silence of a release in production; of what is not live nothing."""
    store = MemoryStore()
    found = night_findings(store, a_night(bad=200))
    assert [(one.kind, one.severity, one.measure) for one in found] == [
        (AlertKind.SERVICE_LEVEL, Severity.PAGE, "success.burn_rate")
    ]
    assert found[0].measured == pytest.approx(20) and found[0].bound == pytest.approx(14.4)
    put_in_production(store, NAME, 1)
    found = night_findings(store, a_night(bad=0))
    assert [(one.kind, one.release, one.measured) for one in found] == [(AlertKind.NO_DATA, 1, 0)]


def test_labels_that_drift_are_told_and_labels_that_never_come_are_not() -> None:
    """The shares of what came true moved: that is told; that nobody brings labels is usual."""
    night = date(2026, 11, 22)
    moved = Moved(night=night, state="drift", reason="twice as many are late")
    for drift, told in ((moved, ["labels"]), (moved.model_copy(update={"state": "no_labels"}), []), (None, [])):
        labels = LabelsReport(capability=NAME, state=LabelState.NO_LABELS, reason="none came", drift=drift)
        one = CapabilityNight(NAME, (), (), labels=labels)
        assert [finding.measure for finding in night_findings(MemoryStore(), Night(night, (one,)))] == told


def test_answers_that_dropped_or_could_not_be_scored_are_told() -> None:
    """Once a metric, with its floor; of a night on which nothing dropped, and of a trained model, nothing."""
    night = {"capability": NAME, "night": date(2026, 11, 22), "reason": ""}
    drop = {
        "release": 1,
        "metric": "safety",
        "value": 0.5,
        "surely_below": 0.6,
        "expected": 0.9,
        "against": "its gates",
    }
    drops = [drop | {"arm": arm} for arm in ("production", "shorter/control")]
    dropped = NightQuality.model_validate(night | {"verdict": "dropped", "drops": drops}, strict=False)
    told = a_desk(Notebook(), clock=Clock()).report(SCOPE, quality_findings(dropped)).board.open
    assert [(one.kind, one.finding.measure, one.finding.measured, one.finding.bound) for one in told] == [
        (AlertKind.QUALITY, "answers.safety", 0.5, 0.9)
    ]
    blind = NightQuality.model_validate(night | {"verdict": "not_evaluated"}, strict=False)
    assert [one.measure for one in quality_findings(blind)] == ["answers.not_evaluated"]
    for verdict in ("measured", "no_requests", "no_contents", "too_few"):
        assert quality_findings(NightQuality.model_validate(night | {"verdict": verdict}, strict=False)) == ()
    assert quality_findings(None) == ()


def test_a_good_night_ends_what_a_bad_one_began() -> None:
    """And leaves what the weekly evaluation said."""
    clock, notebook = Clock(), Notebook()
    desk, store = a_desk(notebook, clock=clock), MemoryStore()
    desk.report(SCOPE, night_findings(store, a_night(bad=200)))
    desk.report(weekly_scope(NAME), not_evaluated(NAME))
    clock.pass_(days=1)
    told = desk.report(SCOPE, night_findings(store, a_night(bad=0)))
    assert [alert.kind for alert in told.board.open] == [AlertKind.QUALITY]
    clock.pass_(days=6)
    assert desk.report(weekly_scope(NAME), ()).board.open == ()


def a_look(action: RollBack | Hold | RampTo) -> Watched:
    """A look at a canary that ended in this action."""
    verdict = CanaryVerdict.WORSE if isinstance(action, RollBack) else CanaryVerdict.UNDECIDED
    judgement = Judgement(verdict=verdict, decided_by=None, reason="", log_e=5.0, alpha=0.01, metrics=())
    return Watched(Present(NAME, 4, 0.05, NOON, NOON), NOON, judgement, action)


def test_a_canary_that_was_taken_back_pages_and_one_that_waits_asks() -> None:
    """One on its way, or held for the first hours, is no alert; one that goes on is over."""
    (back,) = canary_findings((a_look(RollBack("worse")),))
    (held,) = canary_findings((a_look(Hold("no data", overdue=True)),))
    assert (back.kind, back.severity, back.release) == (AlertKind.CANARY_ROLLED_BACK, Severity.PAGE, 4)
    assert (held.kind, held.severity) == (AlertKind.CANARY_HELD, Severity.TICKET)
    assert canary_findings((a_look(RampTo(0.25, "")), a_look(Hold("no data", overdue=False)))) == ()
    desk = a_desk(Notebook(), clock=Clock())
    desk.report(canary_scope(None), (back, held))
    left = desk.report(canary_scope(None), ()).board.open
    assert [alert.kind for alert in left] == [AlertKind.CANARY_ROLLED_BACK], (
        "that it was taken back does not end with it"
    )


def test_half_a_report_is_none(tmp_path: Path) -> None:
    """Neither is one of a day that is not over, nor one that names nobody."""
    whole = {"night": "2026-01-02", "capabilities": [{"capability": NAME}]}
    (tmp_path / "2026-01-02.json").write_text(json.dumps(whole))
    (tmp_path / "2026-01-03.json").write_text('{"night": "2026-')
    (tmp_path / "2026-01-04.json").write_text('{"night": "2026-01-04"}')
    (tmp_path / "2999-01-01.json").write_text(json.dumps(whole | {"night": "2999-01-01"}))
    assert night_reports(tmp_path, date(2026, 11, 23)) == (NightReport(date(2026, 1, 2), frozenset({NAME})),)
    assert night_reports(tmp_path, date(2026, 1, 2)) == ()
    assert night_reports(tmp_path / "missing", date(2026, 11, 23)) == ()


def test_the_sentry_names_a_night_behind_the_newest_report_until_it_is_read(settings: Settings) -> None:
    """Two nights before last ran, the one before last did not, the last one did; then it is read after all."""
    folder = settings.root / REPORTS
    folder.mkdir(parents=True)

    def read(night: str) -> None:
        (folder / f"{night}.json").write_text(json.dumps({"night": night, "capabilities": [{"capability": NAME}]}))

    def told(now: datetime) -> list[str]:
        look(settings, now, lambda _: None)
        board = AlertLog(LocalStore(Path(settings.store_address))).board()
        return [one.finding.measure for one in board.open if one.kind is AlertKind.NIGHT_MISSING]

    later = datetime.now(UTC).replace(hour=12, minute=0) + timedelta(days=3)
    before, gone, last = (f"{later - timedelta(days=back):%Y-%m-%d}" for back in (3, 2, 1))
    assert told(later - timedelta(days=3)) == []
    read(before)
    read(last)
    assert told(later) == [f"night_{gone}"]
    read(gone)
    assert told(later + timedelta(minutes=5)) == []


def test_looks_follow_intervals() -> None:
    """Always ahead, never further than an interval, a while after its end."""
    for second in range(0, 900, 7):
        now = NOON + timedelta(seconds=second)
        after = next_look(now)
        assert now < after <= now + timedelta(seconds=EVERY_SECONDS)
        assert int(after.timestamp()) % EVERY_SECONDS == LAG_SECONDS


def test_a_release_that_cannot_be_loaded_is_named() -> None:
    """By the gateway, also by one that is not ready; its reason, which may name paths, is not told."""
    said = b'{"could_not_load": ["help-desk@4: /srv/secret is gone", "odd"]}'
    with running_web_server(lambda _: Answer(said, 503)) as server:
        found = gateway_findings((f"http://{server.host}",))
    assert [(one.kind, one.capability, one.release) for one in found] == [(AlertKind.NOT_LOADED, NAME, 4)]
    assert "secret" not in repr(found)


def test_a_gateway_that_is_gone_is_told_after_three_tries() -> None:
    """By its place, not by its address."""
    waited: list[float] = []
    (found,) = gateway_findings(("http://127.0.0.1:9",), waited.append)
    assert (found.measure, found.capability, len(waited)) == ("gateway_1_answers", "", 2)


def test_the_heartbeat_is_tried_over_and_never_fails() -> None:
    """Two refusals, then it is there; an address that is none or answers nobody is False."""
    with running_webhook() as hook:
        hook.statuses = [500, 503]
        waited: list[float] = []
        assert not beat(SecretStr("file:///etc/hostname"))
        assert beat(SecretStr(f"http://{hook.host}/ping"), waited.append)
        assert len(waited) == 2
    assert not beat(SecretStr("http://127.0.0.1:9/x"), lambda _: None)


class CountingStore:
    """A store that counts how often its keys are listed; each day that is read lists them once at least."""

    def __init__(self, store: LocalStore) -> None:
        self._store = store
        self.listed = 0

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        """List keys, and count."""
        self.listed += 1
        return tuple(self._store.keys(prefix))

    def __getattr__(self, name: str) -> Any:
        """Do all else as the store does."""
        return getattr(self._store, name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a project with one assistant that is live."""
    from fakes.small_project import REPOSITORY

    (tmp_path / "params.yaml").write_bytes((REPOSITORY / "params.yaml").read_bytes())
    settings = Settings(root=tmp_path)
    put_in_production(LocalStore(Path(settings.store_address)), NAME, 1)
    return settings


def test_a_broken_params_file_stops_no_look_and_is_told_once(settings: Settings) -> None:
    """The sentry goes on by the last good rules, also started anew, through the same channels; mended, it is over."""
    path, said = settings.root / "params.yaml", list[str]()
    good = path.read_text() + "\nspikes: {least_days: 9, history_days: 11}\n"
    path.write_text(good)
    with running_webhook() as hook:
        told = settings.model_copy(update={"alerts_urls": SecretStr(f"json://{hook.host}/")})
        look(told, NOON, said.append)
        assert rules_at_hand(told).rules.spikes.least_days == 9
        path.write_text("capabilities: {")
        for minutes in (5, 10, 15):
            looked = look(told, NOON + timedelta(minutes=minutes), said.append)
            assert (looked.learning, looked.failed) == ([NAME], [])
            assert [(one.kind, one.measure) for one in looked.findings] == [
                (AlertKind.PARAMS_BROKEN, "params_readable")
            ]
        assert rules_at_hand(told).rules.spikes.least_days == 9
        assert len(hook.taken) == 1
        path.write_text(good)
        assert look(told, NOON + timedelta(minutes=20), said.append).findings == []
    log = AlertLog(LocalStore(Path(settings.store_address)))
    assert [(one.kind, one.resolved is None) for one in log.alerts()] == [(AlertKind.PARAMS_BROKEN, False)]


def test_without_a_last_good_file_the_usual_rules_hold(settings: Settings) -> None:
    """The first start with a broken file; a kept copy that is damaged is none."""
    (settings.root / "params.yaml").write_text("capabilities: {")
    assert rules_at_hand(settings).rules == WatchRules()
    (settings.home_path / "alerts").mkdir(parents=True, exist_ok=True)
    (settings.home_path / "alerts" / "last-good-rules.json").write_text("{")
    assert rules_at_hand(settings).rules == WatchRules()


def test_a_night_does_not_fail_for_its_alerts(settings: Settings) -> None:
    """A store that is gone is announced, and nothing is raised; nor for a channel that takes nothing."""
    (settings.root / "file").touch()
    said: list[str] = []
    finding = night_findings(MemoryStore(), a_night(bad=200))
    gone = LocalStore(settings.root / "file")
    assert report(settings, gone, SCOPE, finding, said.append) is None
    assert "could not be kept" in said[0]
    dead = settings.model_copy(update={"alerts_urls": SecretStr("json://127.0.0.1:9/t0psecret")})
    told = report(dead, LocalStore(Path(settings.store_address)), SCOPE, finding, said.append)
    assert told is not None and [one.waiting.channel for one in told.failed] == ["json-1"]
    assert "json-1" in said[1] and "t0psecret" not in "".join(said)
    assert "service level" in (settings.home_path / "alerts" / "alerts.log").read_text()


@pytest.mark.parametrize("broken", ["addresses", "params"])
def test_an_alert_is_kept_though_settings_cannot_be_read(settings: Settings, broken: str) -> None:
    """By the log file and on the board, with a word of what is wrong: a canary is taken back but once."""
    if broken == "params":
        (settings.root / "params.yaml").write_text("capabilities: {")
    else:
        settings = settings.model_copy(update={"alerts_file": Path("gone.txt")})
    said: list[str] = []
    store = LocalStore(Path(settings.store_address))
    told = report(settings, store, canary_scope(NAME), canary_findings((a_look(RollBack("worse")),)), said.append)
    assert told is not None
    assert ("last good rules" if broken == "params" else "log file alone") in said[0]
    assert [one.kind for one in AlertLog(store).board().open] == [AlertKind.CANARY_ROLLED_BACK]
    assert "canary rolled back" in (settings.home_path / "alerts" / "alerts.log").read_text()


def record(settings: Settings, since: datetime, minutes: int, failing: float) -> None:
    """Leave four requests a minute in telemetry, of which every so many fail."""
    recorder = open_recorder(settings.home_path, LocalStore(Path(settings.store_address)))
    for number in range(4 * minutes):
        failed = number % 20 < 20 * failing
        recorder.record(
            Event(
                id=f"{since:%d%H%M}-{number:06d}",
                at=since + timedelta(seconds=15 * number),
                kind=Kind.ANSWER,
                ending=Ending.ERROR if failed else Ending.ANSWERED,
                status=500 if failed else 200,
                seconds=0.2,
                capability=NAME,
                release=1,
                digest="d" * 64,
                arm="production",
            )
        )
    recorder.close()
    assert recorder.lost == 0


def test_the_sentry_tells_of_a_spike_and_of_its_end(settings: Settings) -> None:
    """Three usual days, then three in four requests fail for five minutes: a page at their end."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in (3, 2, 1):
        record(settings, today - timedelta(days=back) + timedelta(hours=10), 3 * 60, failing=0.05)
    now = today.replace(hour=12)
    record(settings, now - timedelta(minutes=5), 5, failing=0.75)
    record(settings, now, 5, failing=0.05)
    looked = look(settings, now + timedelta(seconds=80), lambda _: None)
    assert (looked.failed, looked.learning) == ([], [])
    (spike,) = [one for one in looked.findings if one.kind is AlertKind.SPIKE]
    assert (spike.capability, spike.measure, spike.measured) == (NAME, "errors", 0.75)
    assert spike.bound is not None and 0.1 < spike.bound < 0.75
    later = look(settings, now + timedelta(minutes=5, seconds=80), lambda _: None)
    assert [one for one in later.findings if one.kind is AlertKind.SPIKE] == []
    log = AlertLog(LocalStore(Path(settings.store_address)))
    assert [(one.kind, one.resolved is None) for one in log.alerts()] == [(AlertKind.SPIKE, False)]


def test_too_few_days_are_not_judged(settings: Settings) -> None:
    """A house that is new learns, and says so; what can be looked at is."""
    with running_web_server(lambda _: Answer(b'{"could_not_load": ["help-desk@1: no"]}')) as server:
        watching = settings.model_copy(update={"watched_gateways": f"http://{server.host}"})
        looked = look(watching, datetime.now(UTC), lambda _: None)
    assert (looked.learning, looked.failed) == ([NAME], [])
    assert [one.kind for one in looked.findings] == [AlertKind.NOT_LOADED]


def test_days_that_are_over_are_read_once_a_day(settings: Settings) -> None:
    """Also where they are too few: the second look reads today alone; other rules, or another day, read them again."""
    store = CountingStore(LocalStore(Path(settings.store_address)))
    now = NOON.replace(hour=12)
    rules = SpikeParams(history_days=7)
    assert spike_findings(store, settings, NAME, rules, now) is None
    first, store.listed = store.listed, 0
    assert first >= rules.history_days
    assert spike_findings(store, settings, NAME, rules, now + timedelta(minutes=5)) is None
    assert store.listed == 0
    assert spike_findings(store, settings, NAME, SpikeParams(history_days=9), now) is None
    assert store.listed > 0
    store.listed = 0
    assert spike_findings(store, settings, NAME, SpikeParams(history_days=9), now + timedelta(days=1)) is None
    assert store.listed > 0


def test_what_cannot_be_looked_at_ends_no_alert(settings: Settings) -> None:
    """Telemetry that is damaged is named; the other looks go on."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    record(settings, today - timedelta(days=1), 5, failing=0.05)
    for path in Path(settings.store_address).glob("telemetry/**/*.parquet"):
        path.chmod(0o600)
        path.write_bytes(b"nothing")
    said: list[str] = []
    looked = look(settings, today.replace(hour=12), said.append)
    assert len(looked.failed) == 1 and looked.failed[0].startswith(f"{NAME}: ")
    assert "not looked at" in said[-1]
    board = AlertLog(LocalStore(Path(settings.store_address))).board()
    assert [(one.kind, one.capability, one.finding.measure) for one in board.open] == [
        (AlertKind.SPIKE, NAME, NOT_LOOKED)
    ]
    for path in Path(settings.store_address).glob("telemetry/**/*.parquet"):
        path.unlink()
    look(settings, today.replace(hour=13), said.append)
    assert AlertLog(LocalStore(Path(settings.store_address))).board().open == (), "looked at again, it is over"


def test_what_nobody_thought_of_hides_no_other_look(settings: Settings) -> None:
    """A folder that stands where the kept baseline should is no error of ours; the others are looked at."""
    (settings.home_path / "spikes" / f"{NAME}.json").mkdir(parents=True)
    put_in_production(LocalStore(Path(settings.store_address)), "z-other", 1)
    looked = look(settings, datetime.now(UTC), lambda _: None)
    assert looked.failed == [f"{NAME}: IsADirectoryError"]
    assert looked.learning == ["z-other"]
