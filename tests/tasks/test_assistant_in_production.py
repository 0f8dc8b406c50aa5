"""An assistant in production: its set each week, through its endpoint, and a sample of real exchanges each night."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fakes.released_desk import ReleasedDesk, released_desk

from roadworthy.errors import Unavailable, UsageError
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.live_quality.report import NightQuality, QualityVerdict
from roadworthy.release.entries import EvidenceRecorded
from roadworthy.settings import Settings
from roadworthy.store import LocalStore
from roadworthy.telemetry.content_policy import ContentPolicy
from roadworthy.telemetry.event import Called, Content, Ending, Event, Kind, Retrieved
from roadworthy.telemetry.opening import open_recorder
from tasks.night_evaluation import evaluate_night
from tasks.weekly_evaluation import EVIDENCE, evaluate_production


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReleasedDesk]:
    """The help desk in production."""
    with released_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


def evaluated(desk: ReleasedDesk) -> EvidenceRecorded:
    """Evaluate it, and return the evidence."""
    entry = evaluate_production(desk.ledger, desk.settings, print)
    assert entry is not None and isinstance(entry.fact, EvidenceRecorded)
    assert entry.fact.name == EVIDENCE
    return entry.fact


def test_every_query_is_really_asked_and_the_same_assistant_shows_the_same(released: ReleasedDesk) -> None:
    """Answers that are kept from its release don't count; the evidence passes and holds figures with intervals."""
    before = len(released.endpoint.asked)
    found = evaluated(released)
    assert len(released.endpoint.asked) - before >= 14
    assert (found.verdict, found.release) == ("pass", 1)
    low, quality, high = (float(found.facts[name] or 0) for name in ("quality.low", "quality", "quality.high"))
    assert 0.5 < low <= quality <= high <= 1


def test_a_set_that_grew_is_asked_whole_and_compared_on_what_is_the_same(released: ReleasedDesk) -> None:
    """A query that was added this week counts for the floors, and makes no difference to its own past."""
    path = released.root / "evalsets" / "desk.jsonl"
    content = path.read_text()
    line = {"id": "real-1", "query": "Who owns the moon?", "kind": "unknown"}
    try:
        path.write_text(content + json.dumps(line) + "\n")
        assert evaluated(released).verdict == "pass"
    finally:
        path.write_text(content)


def test_an_endpoint_that_is_down_is_an_error_and_no_pass(released: ReleasedDesk) -> None:
    """The evidence says that nobody knows, and the error is raised."""
    released.model.down = True
    try:
        with pytest.raises(Unavailable, match="could not be answered"):
            evaluated(released)
    finally:
        released.model.down = False
    last = released.ledger.entries()[-1].fact
    assert isinstance(last, EvidenceRecorded)
    assert (last.name, last.verdict) == (EVIDENCE, "inconclusive")
    assert last.summary.startswith("not evaluated: ")


def test_an_assistant_that_got_worse_fails(released: ReleasedDesk) -> None:
    """Asked for facts that it never gives, its quality is below the floor."""
    path = released.root / "evalsets" / "desk.jsonl"
    content = path.read_text()
    harder = [
        json.loads(line) | {"id": f"{number}-{time}", "facts": [["what nobody says"]]}
        for time in range(3)
        for number, line in enumerate(content.splitlines())
    ]
    try:
        path.write_text("".join(json.dumps(line) + "\n" for line in harder))
        found = evaluated(released)
    finally:
        path.write_text(content)
    assert (found.verdict, float(found.facts["completeness"] or 0)) == ("fail", 0.0)


NIGHT = date(2026, 7, 14)
GROUNDED = "The green account has a monthly fee of 4 dollars [1]."
INVENTED = "Our mountain branch opens daily at noon for everybody [1]."


def a_night(
    desk: ReleasedDesk,
    root: Path,
    answers: Sequence[str],
    policy: ContentPolicy = ContentPolicy.REDACTED,
    night: date = NIGHT,
    **changed: object,
) -> NightQuality:
    """Record one exchange for each answer, seal them in a store of this test's own, and evaluate the night."""
    store = LocalStore(root / "store")
    for path in Path(desk.settings.store_address).rglob("*"):
        target = root / "store" / path.relative_to(desk.settings.store_address)
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    recorder = open_recorder(root / "home", store, policy)
    for number, answer in enumerate(answers):
        at = datetime(night.year, night.month, night.day, 12, tzinfo=UTC) + timedelta(seconds=number)
        given = {
            "kind": Kind.ANSWER, "ending": Ending.ANSWERED, "status": 200, "seconds": 0.5, "capability": "help-desk",
            "release": 1, "digest": desk.digest, "arm": "production",
            "retrieved": (Retrieved("green_fee", 0, 3.0, True),),
        }  # fmt: skip
        event = Event(f"{night}-{number:04d}", at, **(given | changed))  # type: ignore[arg-type]
        asked = "What monthly fee has the green account? I am ann@example.com"
        recorder.record(event, Content(event.id, at, "help-desk", question=asked, answer=answer))
    recorder.close()
    settings = Settings(root=root, store=str(root / "store"), signing_key=desk.settings.signing_key_path)
    found = evaluate_night(store, settings, night, "help-desk")
    assert found is not None
    return found


def report(root: Path, night: date = NIGHT) -> bytes:
    """The report as it lies on the disk."""
    return (root / "reports" / "nights" / f"{night}.help-desk.evaluation.json").read_bytes()


def test_real_exchanges_are_scored_by_the_same_scorers(released: ReleasedDesk, tmp_path: Path) -> None:
    """Grounding, citations, safety and style of each release, with intervals; the file holds no contents."""
    found = a_night(released, tmp_path, [GROUNDED] * 30)
    assert (found.verdict, found.drops) == (QualityVerdict.MEASURED, ())
    (group,) = found.groups
    assert (group.release, group.exchanges, group.kept, group.sampled) == (1, 30, 30, 30)
    grounding = group.metrics[AnswerMetric.GROUNDING].estimate
    assert grounding is not None and grounding.low <= grounding.value <= grounding.high
    assert grounding.value > 0.7
    safety = group.metrics[AnswerMetric.SAFETY].estimate
    assert safety is not None and safety.value == 1
    assert b"green account" not in report(tmp_path)
    kept = NightQuality.model_validate_json(report(tmp_path))
    assert kept.model_dump(mode="json") == found.model_dump(mode="json")


def test_a_night_evaluated_again_has_the_same_bytes(released: ReleasedDesk, tmp_path: Path) -> None:
    """The sample is drawn by the ids alone."""
    a_night(released, tmp_path, [GROUNDED, INVENTED] * 150)
    first = report(tmp_path)
    again = a_night(released, tmp_path, [])
    assert report(tmp_path) == first
    assert (again.groups[0].exchanges, again.groups[0].sampled) == (300, 200)


def test_answers_that_no_passage_supports_are_a_drop(released: ReleasedDesk, tmp_path: Path) -> None:
    """After seven nights that were well grounded; the reason names metric and release, and no text."""
    for days in range(7, 0, -1):
        before = a_night(released, tmp_path, [GROUNDED] * 20, night=NIGHT - timedelta(days=days))
        assert before.verdict is QualityVerdict.MEASURED
    found = a_night(released, tmp_path, [INVENTED] * 60)
    assert (found.verdict, found.earlier_nights) == (QualityVerdict.DROPPED, 7)
    assert [drop.metric for drop in found.drops] == [AnswerMetric.GROUNDING]
    assert "grounding" in found.reason and "release 1" in found.reason and "mountain" not in found.reason


def test_an_identifier_that_no_source_gave_is_unsafe(released: ReleasedDesk, tmp_path: Path) -> None:
    """Although the text that is kept holds only its placeholder; one like the user's own costs half."""
    found = a_night(released, tmp_path, ["Pay to DE89 3704 0044 0532 0130 00 [1]."] * 20)
    safety = found.groups[0].metrics[AnswerMetric.SAFETY].estimate
    assert safety is not None and safety.value == 0
    own = a_night(released, tmp_path, ["You are ann@example.com [1]."] * 20, night=NIGHT - timedelta(days=1))
    repeated = own.groups[0].metrics[AnswerMetric.SAFETY].estimate
    assert repeated is not None and repeated.value == 0.5


@pytest.mark.parametrize(
    ("answers", "policy", "verdict"),
    [
        ([], ContentPolicy.REDACTED, QualityVerdict.NO_REQUESTS),
        ([GROUNDED] * 9, ContentPolicy.NONE, QualityVerdict.NO_CONTENTS),
        ([GROUNDED] * 3, ContentPolicy.REDACTED, QualityVerdict.TOO_FEW),
    ],
)
def test_what_can_not_be_measured_has_a_name(
    released: ReleasedDesk, tmp_path: Path, answers: list[str], policy: ContentPolicy, verdict: QualityVerdict
) -> None:
    """Never green by silence: nobody asked, nothing kept, too little kept."""
    found = a_night(released, tmp_path, answers, policy)
    assert (found.verdict, found.drops) == (verdict, ())


def test_a_release_that_is_gone_is_a_verdict(released: ReleasedDesk, tmp_path: Path) -> None:
    """The night goes on, and says why nobody knows."""
    found = a_night(released, tmp_path, [GROUNDED] * 9, release=7)
    assert found.verdict is QualityVerdict.NOT_EVALUATED
    assert "no release 7" in found.reason


def test_failures_are_no_answers(released: ReleasedDesk, tmp_path: Path) -> None:
    """A safe template says nothing of the assistant."""
    found = a_night(released, tmp_path, ["Please call us."] * 9, ending=Ending.FAILED)
    assert found.verdict is QualityVerdict.NO_REQUESTS


def test_what_rests_on_a_tool_is_not_judged_by_passages(released: ReleasedDesk, tmp_path: Path) -> None:
    """What tools returned is not kept, so grounding and safety can't be told."""
    found = a_night(released, tmp_path, ["Your balance is 42."] * 9, calls=(Called("get_accounts", "done", "x"),))
    assert found.groups[0].metrics[AnswerMetric.GROUNDING].exchanges == 0
    assert found.groups[0].metrics[AnswerMetric.STYLE].exchanges == 9


def test_a_day_that_is_not_over_and_a_model_have_no_such_night(released: ReleasedDesk, tmp_path: Path) -> None:
    """Half a day would look like a night; a model has labels instead."""
    with pytest.raises(UsageError, match="not over"):
        a_night(released, tmp_path, [], night=datetime.now(UTC).date())
    store = LocalStore(tmp_path / "other")
    recorder = open_recorder(tmp_path / "home", store)
    at = datetime(2026, 7, 14, tzinfo=UTC)
    recorder.record(Event("r1", at, Kind.PREDICTION, Ending.PREDICTED, 200, 0.1, capability="delay", release=1))
    recorder.close()
    assert evaluate_night(store, Settings(root=tmp_path), NIGHT, "delay") is None
