"""A night's drift, from what a gateway counted to what is called for: never a crash, and never green by silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from fakes.drifting_service import CAPABILITY, DriftingService, rows_of

from roadworthy.drift.report import NightSaid, Oddity
from roadworthy.drift.sustained import Lasting
from roadworthy.params.retention import RetentionParams
from roadworthy.performance.trigger import TriggerVerdict
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from tasks.drift_night import CapabilityDrift, DriftWatch
from tasks.night import read_night, write_night
from tasks.retention import sweep
from tasks.retraining_call import Call, retraining_call

LAST = date(2024, 3, 20)


def nights(count: int) -> list[date]:
    """Return so many nights up to the last one."""
    return [LAST - timedelta(back) for back in reversed(range(count))]


def judged(service: DriftingService) -> CapabilityDrift:
    """Judge the last night."""
    return DriftWatch(service.store, LAST).judge(CAPABILITY)


def called(service: DriftingService, found: CapabilityDrift, night: date = LAST) -> Call:
    """Return what the night calls for."""
    entries = Ledger(service.store, CAPABILITY).entries()
    return retraining_call(found, standing_of(CAPABILITY, entries), night).verdict


@pytest.fixture
def service(tmp_path: Path) -> DriftingService:
    """A release that nobody has asked yet."""
    return DriftingService(tmp_path)


def test_a_service_as_it_was_is_steady(service: DriftingService) -> None:
    """All rows were counted, nothing moved, nothing is odd, nothing is called for."""
    for night in nights(3):
        service.serve(night, rows_of(night))
    found = judged(service)
    (report,) = found.reports
    assert (report.verdict, report.rows, report.served, report.conditions) == (NightSaid.STEADY, 400, 400, ())
    assert (report.release, report.digest) == (1, service.digest)
    assert report.reference is not None
    assert report.reference.nights == 40
    assert found.sustained.verdict is Lasting.QUIET
    assert not found.needs_somebody
    assert called(service, found) is Call.NOTHING


def test_one_odd_night_is_an_alarm_and_does_not_last(service: DriftingService) -> None:
    """The alarm comes on the first night, with the carriers by name; a word on lasting drift does not."""
    for night in nights(3):
        service.serve(night, rows_of(night, carriers="AA 9E 9E" if night == LAST else "AA UA WN"))
    found = judged(service)
    (report,) = found.reports
    assert report.verdict is NightSaid.DRIFT
    assert report.columns[0].name == "carrier"
    assert "9E new" in report.causes[0]
    assert "WN gone" in report.causes[0]
    assert found.needs_somebody
    assert (found.sustained.verdict, found.sustained.alarms) == (Lasting.QUIET, (LAST,))
    assert called(service, found) is Call.NOTHING


def test_drift_that_lasts_without_harm_informs(service: DriftingService) -> None:
    """Carriers have changed for good, the scores tell what they told: nothing is retrained, the reason has no rows."""
    for night in nights(9):
        service.serve(night, rows_of(night, carriers="AA 9E 9E"))
    found = judged(service)
    assert found.sustained.verdict is Lasting.CONFIRMED
    assert "carrier (PSI" in found.sustained.reason
    assert "9E" not in found.sustained.reason
    assert found.decision is not None
    assert found.decision.verdict is TriggerVerdict.KEEP
    assert called(service, found) is Call.DRIFT_SEEN


def test_drift_that_does_harm_calls_for_a_retraining_once(service: DriftingService) -> None:
    """Scores that tell nothing any more are harm; a release that is younger than two weeks is left alone."""
    for night in nights(9):
        service.serve(night, rows_of(night, calm=True))
    found = judged(service)
    assert found.decision is not None
    assert found.decision.verdict is TriggerVerdict.RETRAIN
    assert called(service, found) is Call.DRIFT_CONFIRMED
    assert called(service, found, date(2024, 2, 23)) is Call.DRIFT_SEEN
    assert called(service, found, date(2024, 2, 24)) is Call.DRIFT_CONFIRMED


def test_scores_of_few_nights_show_no_harm(service: DriftingService) -> None:
    """Four nights are too few to say, and the decision says that it is blind."""
    for night in nights(4):
        service.serve(night, rows_of(night, calm=True))
    found = judged(service)
    assert found.decision is not None
    assert found.decision.verdict is TriggerVerdict.BLIND
    assert called(service, found) is Call.DRIFT_SEEN


def nobody(service: DriftingService) -> None:
    """Nobody asks."""


def half(service: DriftingService) -> None:
    """A gateway was killed before it had counted all."""
    service.serve(LAST, rows_of(LAST), counted=200)


def none_counted(service: DriftingService) -> None:
    """Events are there, counts are not."""
    service.serve(LAST, rows_of(LAST), counted=0)


def few(service: DriftingService) -> None:
    """A small night."""
    service.serve(LAST, rows_of(LAST, rows=100))


def new_ones(service: DriftingService) -> None:
    """A new category, which is named."""
    service.serve(LAST, rows_of(LAST, carriers="AA UA WN 9E"))


def explosion(service: DriftingService) -> None:
    """Hundreds of categories: somebody sends identifiers."""
    rows = rows_of(LAST)
    service.serve(LAST, rows.assign(carrier=[f"N{number}" for number in range(len(rows))]))


def stuck(service: DriftingService) -> None:
    """A sensor that says the same all night."""
    service.serve(LAST, rows_of(LAST).assign(wind=17.0))


def emptied(service: DriftingService) -> None:
    """A feed that gives nothing."""
    rows = rows_of(LAST)
    service.serve(LAST, rows.assign(wind=[None] * len(rows)))


def reference_gone(service: DriftingService) -> None:
    """Somebody removed the bundle."""
    service.serve(LAST, rows_of(LAST))
    for blob in (service.root / "store" / "bundles").rglob("*"):
        if blob.is_file():
            blob.unlink()


def damaged(service: DriftingService) -> None:
    """Half of a file is gone."""
    service.serve(LAST, rows_of(LAST))
    service.store.create(f"telemetry/profiles/date={LAST}/torn.jsonl", b'{"capability": "flight-delay", "rele')


BAD = [
    (nobody, NightSaid.NO_ROWS, Oddity.NO_ROWS),
    (half, NightSaid.WATCH, Oddity.PART_OF_THE_NIGHT),
    (none_counted, NightSaid.NOT_JUDGED, Oddity.NOTHING_COUNTED),
    (few, NightSaid.TOO_FEW, Oddity.SMALL_NIGHT),
    (new_ones, NightSaid.DRIFT, Oddity.NEW_CATEGORIES),
    (explosion, NightSaid.DRIFT, Oddity.CATEGORY_EXPLOSION),
    (stuck, NightSaid.DRIFT, Oddity.STUCK_COLUMN),
    (emptied, NightSaid.DRIFT, Oddity.EMPTY_COLUMN),
    (reference_gone, NightSaid.NOT_JUDGED, Oddity.REFERENCE_GONE),
    (damaged, NightSaid.WATCH, Oddity.DAMAGED),
]


@pytest.mark.parametrize(("happens", "verdict", "oddity"), BAD, ids=[happens.__name__ for happens, *_ in BAD])
def test_bad_input_has_a_name(
    service: DriftingService, happens: Callable[[DriftingService], None], verdict: NightSaid, oddity: Oddity
) -> None:
    """Whatever happens on a night stands in its report by name; it is never steady, and never a crash."""
    happens(service)
    (report,) = judged(service).reports
    assert report.verdict is verdict
    assert oddity in [one.oddity for one in report.conditions]


def test_a_release_without_a_reference_is_not_judged(tmp_path: Path) -> None:
    """Releases that were made before are told what to do."""
    service = DriftingService(tmp_path, with_reference=False)
    service.serve(LAST, rows_of(LAST))
    (report,) = judged(service).reports
    assert report.verdict is NightSaid.NOT_JUDGED
    assert [one.oddity for one in report.conditions] == [Oddity.NO_REFERENCE]


def test_nights_that_are_not_judged_are_blind(service: DriftingService) -> None:
    """Where nothing is counted, lasting drift can't be ruled out."""
    for night in nights(2):
        service.serve(night, rows_of(night), counted=0)
    assert judged(service).sustained.verdict is Lasting.BLIND


def test_a_night_read_again_gives_the_same_bytes(service: DriftingService, tmp_path: Path) -> None:
    """The night's file and its drift report depend on what is over alone."""
    service.serve(LAST, rows_of(LAST, carriers="AA 9E 9E"))
    written = []
    for place in ("one", "other"):
        path = write_night(read_night(service.store, LAST, (CAPABILITY, "silent"), {}), tmp_path / place)
        report = path.parent / "drift" / LAST.isoformat() / "flight-delay@1.json"
        written.append((path.read_bytes(), report.read_bytes()))
    assert written[0] == written[1]
    night = json.loads(written[0][0])
    drift = next(one["drift"] for one in night["capabilities"] if one["capability"] == CAPABILITY)
    assert drift["verdict"] == "drift"
    assert json.loads(written[0][1])["columns"][0]["name"] == "carrier"


def test_counts_are_kept_as_long_as_events(service: DriftingService) -> None:
    """The sweep takes events, scores and counts, and finds nothing of unknown age."""
    service.serve(LAST, rows_of(LAST))
    policy = RetentionParams(content_days=5, event_days=30, log_days=5)
    sweep(service.store, service.root / "home", policy, LAST + timedelta(30))
    assert judged(service).verdict is NightSaid.STEADY
    assert sweep(service.store, service.root / "home", policy, LAST + timedelta(31)).events == 3
    assert judged(service).verdict is NightSaid.NO_ROWS
