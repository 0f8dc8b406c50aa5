"""An incident's timeline and figures come from what really happened, and say what could not be read."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fakes.bad_release import ANN, CAPABILITY, LIVE_AT, book, lay_out, minute

from roadworthy.alerts.alert import Alert, AlertKind, Finding
from roadworthy.incidents.changes import Span, closing, opening
from roadworthy.incidents.incident import Incident
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.incidents.timeline import Sign, Source
from roadworthy.service_levels.objectives import Severity
from roadworthy.settings import Settings
from roadworthy.store import LocalStore
from tasks.incident_report import IncidentReport, report_on
from tasks.incident_sources import alerts_reading
from tasks.night import REPORTS


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the morning of a bad release, and an incident that was opened 15 minutes after."""
    root = tmp_path_factory.mktemp("morning")
    store = lay_out(root)
    book(store, minute(15)).record(
        opening(CAPABILITY, IncidentKind.OUTAGE, "every fourth answer fails", started=LIVE_AT), ANN
    )
    return root


@pytest.fixture
def root(morning: Path, tmp_path: Path) -> Path:
    """A copy of this test's own."""
    return Path(shutil.copytree(morning, tmp_path / "root"))


def opened(root: Path) -> Incident:
    """Return the incident."""
    return book(LocalStore(root / ".roadworthy" / "store"), minute(30)).incidents()[0]


def report(root: Path, incident: Incident | None = None, span: Span | None = None) -> IncidentReport:
    """Return what is known half an hour after."""
    store = LocalStore(root / ".roadworthy" / "store")
    return report_on(incident or opened(root), store, Settings(root=root), minute(30), span)


def told(found: IncidentReport, source: Source) -> list[str]:
    """Return the lines of one source."""
    return [one.what for one in found.timeline.happenings if one.source is source]


def test_figures_are_those_of_the_incident_alone(root: Path) -> None:
    """Half an hour with 300 requests, 50 of them bad, all of release 2; the budget of 15 bad ones is spent thrice."""
    figures = report(root, span=Span(LIVE_AT, minute(30))).figures
    assert figures is not None
    assert (figures.since, figures.until) == (LIVE_AT, minute(30))
    assert (figures.requests, figures.errors) == (300, 50)
    assert [(one.release, one.requests, one.errors) for one in figures.releases] == [(1, 100, 0), (2, 200, 50)]
    success, latency = figures.budgets
    assert (success.promise, success.used, success.part) == ("success", 50, pytest.approx(50 / 15))
    assert success.allowed == pytest.approx(15)
    assert success.left == pytest.approx(1 - 50 / 15)
    assert (latency.promise, latency.used) == ("latency", 50)
    assert [(one.currency, one.amount) for one in figures.costs] == [("USD", Decimal(3))]


def test_each_source_tells_its_part(root: Path) -> None:
    """Ledger, traffic, audit log, nights and people, by time; what is of others or told already stays out."""
    found = report(root)
    assert found.timeline.not_read == ()
    assert [one.at for one in found.timeline.happenings] == sorted(one.at for one in found.timeline.happenings)
    ledger = told(found, Source.LEDGER)
    assert ledger[-3:] == [
        "moved to production",
        "tools switched off: to be safe",
        ledger[-1],
    ]
    assert ledger[-1].startswith("rolled back to release 1: call ")
    assert told(found, Source.TRAFFIC) == ["answers as production, first seen"] * 2
    assert told(found, Source.AUDIT) == ["2 texts blocked by secrets", "key revoked: k-1"]
    (night,) = told(found, Source.NIGHTS)
    assert night == "night of 2024-07-13: kept; success budget 50.0% left"
    assert told(found, Source.ALERTS) == [
        "page: service level latency 16.5, bound 14.4",
        "page: service level success 25, bound 14.4",
        "over: service level latency",
        "over: service level success",
    ]
    assert told(found, Source.INCIDENT) == ["opened: every fourth answer fails"]


def test_the_switch_before_the_rollback_mitigated_it(root: Path) -> None:
    """The first thing that was taken out of the traffic counts, until a person says otherwise."""
    milestones = report(root).milestones
    assert milestones.mitigated == minute(16)
    assert milestones.time_to_mitigate == timedelta(minutes=16)
    assert milestones.ended is None


def test_the_alert_of_its_own_kind_detected_it(root: Path) -> None:
    """Not the one about latency that came before, nor the person who came after."""
    milestones = report(root).milestones
    assert (milestones.detected, milestones.time_to_detect) == (minute(6), timedelta(minutes=6))
    assert "success" in milestones.detected_by


def test_nothing_personal_comes_along(root: Path) -> None:
    """No user, no tenant, no address or number that a colleague wrote into a reason."""
    text = repr(report(root))
    for word in ("u-secret", "t-secret", "ann@bank.example", "901820"):
        assert word not in text


DAMAGE = {
    Source.LEDGER: f"ledger/{CAPABILITY}/00000002.json",
    Source.TRAFFIC: "telemetry/events/date=2024-07-14",
    Source.AUDIT: "audit/000000/000000001.json",
    Source.ALERTS: "alerts/000000/000000001.json",
}


@pytest.mark.parametrize("source", DAMAGE)
def test_a_damaged_source_is_named_and_the_others_are_read(root: Path, source: Source) -> None:
    """What can't be read says so; nothing else is lost by it, and nothing is taken for zero."""
    place = root / ".roadworthy" / "store" / DAMAGE[source]
    for path in place.iterdir() if place.is_dir() else [place]:
        path.write_bytes(path.read_bytes()[:-20])
    found = report(root)
    (problem,) = found.timeline.not_read
    assert problem.startswith(f"{source}: ")
    assert told(found, source) == []
    assert (found.figures is None) is (source is Source.TRAFFIC)
    for other in {*Source} - {source}:
        assert told(found, other)
    assert ("tools switched off" in told(found, Source.AUDIT)) is (source is Source.LEDGER)


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"capabilities": [{"capability": "bank-helpdesk"}]}'])
def test_a_night_without_a_readable_report_is_named(root: Path, content: bytes | None) -> None:
    """Missing, empty or of another form."""
    path = root / REPORTS / f"{date(2024, 7, 13)}.json"
    path.unlink() if content is None else path.write_bytes(content)
    assert report(root).timeline.not_read == ("nights: no report that can be read of 2024-07-13",)


def test_with_no_source_at_all_there_is_still_a_report(root: Path) -> None:
    """Telemetry and audit log that hold nothing tell nothing; the night is missing, the book is there."""
    for folder in ("telemetry", "audit", "ledger", "alerts"):
        shutil.rmtree(root / ".roadworthy" / "store" / folder)
    shutil.rmtree(root / "reports")
    found = report(root)
    assert found.figures is not None
    assert (found.figures.requests, found.figures.budgets[0].part, found.figures.budgets[0].left) == (0, None, None)
    assert [one.source for one in found.timeline.happenings] == [Source.INCIDENT]
    assert [problem.partition(":")[0] for problem in found.timeline.not_read] == ["nights"]


def test_a_closed_incident_keeps_its_figures(root: Path) -> None:
    """Telemetry may be gone years later; what was found at the end is in the book."""
    store = LocalStore(root / ".roadworthy" / "store")
    found = report(root, span=Span(LIVE_AT, minute(30))).found
    closed = book(store, minute(31)).record(closing("inc-1", "a bad prompt", ("test it",), found), ANN)
    shutil.rmtree(root / ".roadworthy" / "store" / "telemetry")
    later = report_on(closed, store, Settings(root=root), datetime(2028, 1, 1, tzinfo=UTC))
    assert later.figures == found.figures
    assert later.milestones == found.milestones
    assert told(later, Source.TRAFFIC) == []
    assert told(later, Source.INCIDENT)[-1] == "closed: a bad prompt"
    assert later.timeline.until == minute(31)


def test_a_night_that_nobody_read_detected_no_outage() -> None:
    """It stands in the timeline, and time to detect does not count from it; a gateway that is gone detects one."""
    kinds = {AlertKind.NIGHT_MISSING: "nights_missing", AlertKind.NOT_LOADED: "gateway_1_answers"}
    alerts = [
        Alert(
            id=f"a-{kind}",
            finding=Finding(kind=kind, severity=Severity.TICKET, measure=measure),
            started=LIVE_AT,
            last_seen=LIVE_AT,
        )
        for kind, measure in kinds.items()
    ]
    found = alerts_reading(alerts, CAPABILITY, IncidentKind.OUTAGE)
    assert [one.sign for one in found.happenings] == [None, Sign.DETECTION]
