"""The weekly set grows by a person's word: what went badly waits, anonymised, and is asked about once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.small_help_desk import lay_out_help_desk
from fakes.small_project import PARAMS

from roadworthy.chain.link import Digest
from roadworthy.errors import DataError, UnknownName, UsageError
from roadworthy.evaluation.draft_query import read_drafts
from roadworthy.handover.case_files import CaseFiles, Place
from roadworthy.handover.records import Opened, Turn
from roadworthy.review.candidates import Why
from roadworthy.review.decisions import read_decisions
from roadworthy.settings import Settings
from roadworthy.store import LocalStore
from roadworthy.telemetry.content_policy import ContentPolicy
from roadworthy.telemetry.event import Content, Ending, Event, Kind, Said
from roadworthy.telemetry.opening import open_recorder
from tasks.review_queue import ReviewQueue, decide, review_queue

NAME = "help-desk"
NOW = datetime.now(UTC)
KNOWN = "What monthly fee has the blue account?"
NOBODY: Digest = "0" * 64


@pytest.fixture
def desk(tmp_path: Path) -> Settings:
    """A help desk with a set of sixteen queries."""
    lay_out_help_desk(tmp_path, "http://127.0.0.1:9/v1")
    return Settings(root=tmp_path)


def said(id: str, about: str, kind: Kind = Kind.FEEDBACK, **says: object) -> Event:
    """What somebody said of a request."""
    given = Said(about, **says)  # type: ignore[arg-type]
    return Event(id, NOW, kind, Ending.NOTED, 202, 0.01, said=given)


def disliked(about: str) -> Event:
    """A thumb down."""
    return said(f"on-{about}", about, thumb="down")


def queue(
    settings: Settings,
    questions: dict[str, str],
    *feedback: Event,
    policy: ContentPolicy = ContentPolicy.REDACTED,
) -> ReviewQueue:
    """Record the questions with their ids and what was said, and read the queue."""
    store = LocalStore(Path(settings.store_address))
    recorder = open_recorder(settings.home_path, store, policy)
    for number, (id, question) in enumerate(questions.items()):
        at = NOW - timedelta(hours=1) + timedelta(seconds=number)
        event = Event(id, at, Kind.ANSWER, Ending.ANSWERED, 200, 0.5, capability=NAME, release=1, arm="production")
        recorder.record(event, Content(id, at, NAME, question=question, answer="Well."))
    for event in feedback:
        recorder.record(event)
    recorder.close()
    return review_queue(store, settings, NAME, NOW - timedelta(days=1))


def test_what_went_badly_waits_anonymised_and_the_rest_does_not(desk: Settings) -> None:
    """Thumbs down, not settled, taken over: one line a text with its reasons; thumbs up and silence don't wait."""
    questions = {"r1": "Where is my card? I am ann@example.com", "r2": "Where is my card? I am bob@example.org"}
    questions |= {"r3": "How do I close it?", "r4": "Why was I charged twice?", "r5": "What is a fee?"}
    found = queue(
        desk,
        questions,
        said("f1", "r1", thumb="down"),
        said("f2", "r2", resolved=False),
        said("e1", "r3", Kind.ESCALATION),
        said("f3", "r4", thumb="up", resolved=True),
    ).waiting
    assert [(one.query, one.times) for one in found] == [
        ("Where is my card? I am [personal: email]", 2),
        ("How do I close it?", 1),
    ]
    assert found[0].why == (Why.THUMBS_DOWN, Why.UNRESOLVED)
    assert found[1].why == (Why.ESCALATED,)


def test_what_the_set_or_its_drafts_nearly_hold_does_not_wait(desk: Settings) -> None:
    """Case and punctuation don't make another query."""
    found = queue(
        desk, {"r1": KNOWN.upper(), "r2": f"{KNOWN} Please", "r3": "Who?"}, *(disliked(f"r{n}") for n in (1, 2, 3))
    )
    assert [one.query for one in found.waiting] == ["Who?"]


def test_what_is_accepted_is_a_draft_and_what_is_rejected_does_not_come_again(desk: Settings) -> None:
    """Drafts have the rubric to fill; decisions hold ids and no text."""
    first = queue(desk, {"r1": "Who owns you?", "r2": "You fool!"}, disliked("r1"), disliked("r2"))
    by_text = {one.query: one.id for one in first.waiting}
    decide(first, (by_text["Who owns you?"],), "accepted", "ann")
    decide(first, (by_text["You fool!"],), "rejected", "ann", "no question")
    (draft,) = read_drafts(first.places.drafts)
    assert (draft.id, draft.query, draft.kind) == (by_text["Who owns you?"], "Who owns you?", None)
    assert [one.verdict for one in read_decisions(first.places.reviewed)] == ["accepted", "rejected"]
    assert "fool" not in first.places.reviewed.read_text()
    assert queue(desk, {}).waiting == ()
    # Also when the line has moved on into the set, or was thrown away.
    first.places.drafts.unlink()
    assert queue(desk, {}).waiting == ()


def test_a_reason_holds_nobodys_address(desk: Settings) -> None:
    """It is written by hand beside the set, where all who read the repository see it."""
    found = queue(desk, {"r1": "You fool!"}, disliked("r1"))
    decide(found, (found.waiting[0].id,), "rejected", "ann", "spam of eve@example.com")
    (decision,) = read_decisions(found.places.reviewed)
    assert "spam of" in decision.reason and "eve@example.com" not in found.places.reviewed.read_text()


def test_one_that_does_not_wait_is_no_choice(desk: Settings) -> None:
    """Nothing is written when one id of several is wrong."""
    found = queue(desk, {"r1": "Who owns you?"}, said("f1", "r1", thumb="down"))
    with pytest.raises(UnknownName, match="no query real-x waits"):
        decide(found, (found.waiting[0].id, "real-x"), "accepted", "ann")
    assert read_drafts(found.places.drafts) == ()


def test_where_no_contents_are_kept_nothing_waits_but_what_a_person_was_handed(desk: Settings) -> None:
    """An escalated conversation is kept with its case, where the policy lets it; its last question counts."""
    request = "r2345678"
    turns = (Turn(role="user", text="Hello"), Turn(role="assistant", text="Hi"), Turn(role="user", text="Where is it?"))
    opened = Opened(capability=NAME, request=request, tenant="t", user=NOBODY, reason="", transcript=turns, at=NOW)
    CaseFiles(LocalStore(Path(desk.store_address))).create(Place(NAME, request), "opened", opened)
    events = (said("f1", "r1234567", thumb="down"), said("e1", request, Kind.ESCALATION))
    found = queue(desk, {"r1234567": "Who owns you?", request: "x"}, *events, policy=ContentPolicy.NONE)
    assert [one.query for one in found.waiting] == ["Where is it?"]


def test_a_damaged_decision_is_named(desk: Settings) -> None:
    """With file and line, and without what stands there."""
    found = queue(desk, {})
    found.places.reviewed.write_text(json.dumps({"id": "real-1"}) + "\n")
    with pytest.raises(DataError) as raised:
        queue(desk, {})
    assert str(raised.value.where).endswith("desk.reviewed.jsonl:1")


def test_a_trained_model_has_no_queue(desk: Settings) -> None:
    """It has no set of queries."""
    path = desk.root / "params.yaml"
    path.write_text(PARAMS.format(digest="a" * 64, seed=0))
    with pytest.raises(UsageError, match="trained model"):
        review_queue(LocalStore(desk.root / "s"), desk, "churn", NOW)
