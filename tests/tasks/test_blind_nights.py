"""A model of which nobody can say whether it does harm is told of, once its blindness is not that of a new release."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from fakes.drifting_service import CAPABILITY, DriftingService, rows_of

from flows.watch_nightly import alert
from roadworthy.alerts.alert import AlertKind
from roadworthy.alerts.log import AlertLog
from roadworthy.replay.settings import ReplaySettings
from roadworthy.settings import Settings
from tasks.blind_nights import MEASURE, blind_findings, usual_blindness
from tasks.drift_night import DriftWatch
from tasks.night import REPORTS, CapabilityNight, Night, write_night

LAST = date(2024, 3, 20)
USUAL = usual_blindness(ReplaySettings().budget)


def told(service: DriftingService, root: Path, night: date) -> list[float | None]:
    """Judge a night, write its report, and return for how many nights nobody knew."""
    drift = DriftWatch(service.store, night).judge(CAPABILITY)
    found = Night(night, (CapabilityNight(CAPABILITY, (), (), drift),))
    write_night(found, root)
    findings = blind_findings(root, found)
    assert {(one.kind, one.measure, one.bound) for one in findings} <= {(AlertKind.QUALITY, MEASURE, USUAL)}
    return [one.measured for one in findings]


def test_nights_too_seldom_to_tell_are_told_in_the_end(tmp_path: Path) -> None:
    """It serves every fourth night: never enough to estimate by. The first nights are as of any new release."""
    service = DriftingService(tmp_path)
    found = []
    for back in reversed(range(USUAL + 1)):
        night = LAST - timedelta(days=4 * back)
        service.serve(night, rows_of(night))
        found.append(told(service, tmp_path, night))
    assert found == [[]] * USUAL + [[USUAL + 1]]


def test_a_new_release_is_blind_for_so_many_nights_and_nobody_is_told(tmp_path: Path) -> None:
    """Then it can see: the usual number is what it takes, no more and no less."""
    service, first = DriftingService(tmp_path), LAST - timedelta(days=USUAL)
    verdicts = []
    for back in range(USUAL + 1):
        night = first + timedelta(days=back)
        service.serve(night, rows_of(night))
        assert told(service, tmp_path, night) == []
        decision = DriftWatch(service.store, night).judge(CAPABILITY).decision
        verdicts.append(str(decision.verdict) if decision else "")
    assert verdicts == ["blind"] * USUAL + ["keep"]


def test_a_night_without_a_report_neither_counts_nor_ends_the_row(tmp_path: Path) -> None:
    """Nobody read it: that is an alert of its own."""
    service = DriftingService(tmp_path)
    (tmp_path / REPORTS).mkdir(parents=True)
    service.serve(LAST, rows_of(LAST))
    blind = {"night": "", "capabilities": [{"capability": CAPABILITY, "drift": {"retraining": {"verdict": "blind"}}}]}
    for back in range(1, USUAL + 2):
        if back != 2:
            (tmp_path / REPORTS / f"{LAST - timedelta(days=back)}.json").write_text(json.dumps(blind))
    assert told(service, tmp_path, LAST) == [USUAL + 1]
    keeps = json.dumps(blind).replace("blind", "keep")
    (tmp_path / REPORTS / f"{LAST - timedelta(days=1)}.json").write_text(keeps)
    assert told(service, tmp_path, LAST) == []


def test_the_nightly_flow_tells_of_it(tmp_path: Path) -> None:
    """Beside what else the night found, and it is over with the first night that can see."""
    service = DriftingService(tmp_path)
    blind = {"capabilities": [{"capability": CAPABILITY, "drift": {"retraining": {"verdict": "blind"}}}]}
    (tmp_path / REPORTS).mkdir(parents=True)
    for back in range(1, USUAL + 2):
        (tmp_path / REPORTS / f"{LAST - timedelta(days=back)}.json").write_text(json.dumps(blind))
    service.serve(LAST, rows_of(LAST))
    settings = Settings(root=tmp_path)
    drift = DriftWatch(service.store, LAST).judge(CAPABILITY)
    for one, measures in ((drift, [MEASURE]), (None, [])):
        alert.fn(service.store, Night(LAST, (CapabilityNight(CAPABILITY, (), (), one),)), (), settings)
        open_now = AlertLog(service.store).board().open
        assert [found.finding.measure for found in open_now if found.kind is AlertKind.QUALITY] == measures
