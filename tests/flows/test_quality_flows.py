"""The nightly and the weekly flow on an assistant in production: what dropped is told to Prefect, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.released_desk import ReleasedDesk, released_desk
from prefect.settings import PREFECT_API_URL, temporary_settings
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from flows.capability_events import QUALITY_DROPPED
from flows.evaluate_weekly import evaluate_weekly
from flows.watch_nightly import watch_nightly
from roadworthy.alerts.alert import AlertKind
from roadworthy.alerts.log import AlertLog
from roadworthy.live_quality.report import NightQuality, QualityVerdict
from roadworthy.release.entries import EvidenceRecorded
from roadworthy.telemetry.content_policy import ContentPolicy
from roadworthy.telemetry.event import Content, Ending, Event, Kind, Retrieved
from roadworthy.telemetry.opening import OPEN, open_recorder
from roadworthy.telemetry.sealing import seal_segments
from tasks.night_evaluation import evaluate_night
from tasks.probes import read_probes

CAPABILITY = "help-desk"
LAST_NIGHT = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture(scope="module")
def desk(prefect_api_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReleasedDesk]:
    """The help desk in production, with Prefect at hand; the flows run in its folder."""
    with (
        released_desk(tmp_path_factory.mktemp("desk")) as desk,
        temporary_settings({PREFECT_API_URL: prefect_api_url}),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.chdir(desk.root)
        yield desk


def drops(url: str) -> list[dict[str, Any]]:
    """The events of this capability that ask for a new release."""
    wanted = {"event": {"name": [QUALITY_DROPPED]}, "resource": {"id": [f"roadworthy.capability.{CAPABILITY}"]}}
    answer = httpx.post(f"{url}/events/filter", json={"filter": wanted}, timeout=30)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["events"]
    return found


def dropped_for(url: str, reason: str) -> bool:
    """Wait until an event with that reason has come: they are sent in the background."""

    @retry(retry=retry_if_result(lambda found: not found), stop=stop_after_delay(20), wait=wait_fixed(0.1),
           retry_error_callback=lambda state: False)  # fmt: skip
    def look() -> bool:
        return any(reason in event["payload"]["reason"] for event in drops(url))

    return bool(look())


def test_the_weekly_flow_evaluates_the_assistant_and_tells_what_fell_short(
    desk: ReleasedDesk, prefect_api_url: str
) -> None:
    """It passes, and starts nothing; asked for facts that it never gives, it fails, and asks for a new release."""
    (entry,) = evaluate_weekly(CAPABILITY)
    assert isinstance(entry.fact, EvidenceRecorded) and entry.fact.verdict == "pass"
    assert drops(prefect_api_url) == []
    path: Path = desk.root / "evalsets" / "desk.jsonl"
    content = path.read_text()
    lines = [json.loads(line) for line in content.splitlines()]
    harder = [line | {"id": f"{line['id']}-{time}", "facts": [["unheard of"]]} for time in range(3) for line in lines]
    try:
        path.write_text("".join(json.dumps(line) + "\n" for line in harder))
        (entry,) = evaluate_weekly(CAPABILITY)
    finally:
        path.write_text(content)
    assert isinstance(entry.fact, EvidenceRecorded) and entry.fact.verdict == "fail"
    assert dropped_for(prefect_api_url, "quality")


def test_the_nightly_flow_scores_real_exchanges_and_tells_a_drop(desk: ReleasedDesk, prefect_api_url: str) -> None:
    """Answers that leak what no source gave, after seven nights that did not; read again, the night tells nobody."""
    folder = desk.root / "reports" / "nights"
    recorder = open_recorder(desk.settings.home_path, desk.ledger.store, ContentPolicy.REDACTED)
    for days in range(8):
        text = "The green account has a monthly fee of 4 dollars." if days else "Pay to DE89 3704 0044 0532 0130 00."
        noon = datetime.combine(LAST_NIGHT - timedelta(days=days), time(12), UTC)
        for number in range(40):
            event = Event(
                f"{days}-{number:05d}", noon + timedelta(seconds=number), Kind.ANSWER, Ending.ANSWERED, 200, 0.5,
                capability=CAPABILITY, release=1, digest=desk.digest, arm="production",
                retrieved=(Retrieved("green_fee", 0, 3.0, True),),
            )  # fmt: skip
            recorder.record(event, Content(event.id, event.at, CAPABILITY, question="What is it?", answer=text))
    recorder.close()
    seal_segments(desk.settings.home_path / OPEN, desk.ledger.store)
    for days in range(7, 0, -1):
        evaluate_night(desk.ledger.store, desk.settings, LAST_NIGHT - timedelta(days=days), CAPABILITY)
    watch_nightly()
    found = NightQuality.model_validate_json((folder / f"{LAST_NIGHT}.{CAPABILITY}.evaluation.json").read_bytes())
    assert (found.verdict, found.earlier_nights) == (QualityVerdict.DROPPED, 7)
    assert dropped_for(prefect_api_url, "safety")
    told = {one.finding.measure: one.kind for one in AlertLog(desk.ledger.store).board().open}
    assert told["answers.safety"] is AlertKind.QUALITY, "what starts a release is told to people, too"
    judged = json.loads((folder / f"{LAST_NIGHT}.json").read_bytes())["capabilities"][0]["assistant"]["kinds"]
    assert {one["kind"] for one in judged} == {"topics", "prompts", "tools", "retrieval"}
    assert next(one for one in judged if one["kind"] == "retrieval")["rows"] > 0
    assert len(read_probes(desk.ledger.store, CAPABILITY, [LAST_NIGHT])) == 1
    before = len(drops(prefect_api_url))
    watch_nightly(LAST_NIGHT.isoformat())
    assert len(drops(prefect_api_url)) == before
