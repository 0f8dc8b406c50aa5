"""Feedback and escalations over HTTP: each tenant about its own requests alone, and every wrong body is named."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from fakes.memory_store import MemoryStore
from fastapi import FastAPI
from starlette.requests import Request

from gateway.handover import Handover
from gateway.problems import Problem, response_to
from gateway.visit import Visit
from roadworthy.audit.log import AuditLog
from roadworthy.handover.queue import CaseQueue
from roadworthy.telemetry.event import Ending, Kind, Said
from roadworthy.telemetry.request_ids import RequestIds
from roadworthy.tools.keyed_digest import KeyedDigest

IDS = RequestIds(bytes(32))


class Desk:
    """The handlers behind a reception that believes a header, and what they noted of each visit."""

    def __init__(self) -> None:
        store = MemoryStore()
        self.cases = CaseQueue(store, KeyedDigest(bytes(32)), AuditLog(store).record, lambda _: True)
        self.visits: list[Visit] = []
        self.app = FastAPI()
        self.app.include_router(Handover(self.receive, self.cases, IDS, lambda tenant: f"p-{tenant}").router())
        self.app.add_exception_handler(Problem, lambda _, problem: response_to(problem))  # type: ignore[arg-type]

    async def receive(self, request: Request, scope: str) -> Visit:
        """Let everybody in."""
        tenant = request.headers["tenant"]
        self.visits.append(Visit(IDS.new(tenant), tenant=tenant))
        return self.visits[-1]

    def ask(self, method: str, path: str, body: Any = None, tenant: str = "acme") -> httpx.Response:
        """Send a request."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
                return await client.request(method, path, content=json.dumps(body), headers={"tenant": tenant})

        return asyncio.run(send())


@pytest.fixture
def desk() -> Desk:
    """An empty desk."""
    return Desk()


def test_feedback_is_noted_with_its_comment_redacted(desk: Desk) -> None:
    """The visit gets what was said, for the event; the comment is apart from it."""
    made = IDS.new("acme")
    body = {"request": made, "thumb": "down", "resolved": False, "comment": "No! ann@example.com"}
    assert desk.ask("POST", "/v1/feedback", body).status_code == 202
    (visit,) = desk.visits
    assert (visit.kind, visit.ending, visit.said) == (Kind.FEEDBACK, Ending.NOTED, Said(made, "down", False))
    assert visit.content is not None
    assert visit.content.comment.startswith("No! ")
    assert "ann@" not in visit.content.comment


@pytest.mark.parametrize("path", ["/v1/feedback", "/v1/escalations"])
def test_requests_of_others_and_invented_ones_are_the_same_to_a_tenant(desk: Desk, path: str) -> None:
    """The answer tells nobody which ids there are, and nothing is noted."""
    more = {"thumb": "up"} if path == "/v1/feedback" else {}
    said = [desk.ask("POST", path, {"request": made, **more}) for made in (IDS.new("other"), "0" * 32)]
    assert {one.status_code for one in said} == {404}
    assert said[0].content == said[1].content
    assert all(visit.said is None for visit in desk.visits)
    assert desk.cases.waiting() == ()


def test_an_escalation_is_answered_and_the_answer_fetched(desk: Desk) -> None:
    """From the wish to the person's words; another tenant sees no such case."""
    made = IDS.new("acme")
    body = {
        "request": made,
        "model": "help-desk",
        "user": "cust-001",
        "reason": "wants a person",
        "transcript": [{"role": "user", "text": "I am ann@example.com"}],
    }
    opened = desk.ask("POST", "/v1/escalations", body)
    case = opened.json()["id"]
    assert (opened.status_code, case, opened.json()["state"]) == (202, f"help-desk.{made}", "open")
    assert desk.visits[-1].said == Said(made), "the nights find the answer by it"
    (kept,) = desk.cases.waiting()
    assert kept.opened.tenant == "p-acme"
    assert "ann@" not in kept.opened.transcript[0].text
    desk.cases.answer(case, "We called you.", "clerk")
    shown = desk.ask("GET", f"/v1/escalations/{case}")
    assert (shown.json()["state"], shown.json()["answer"]) == ("answered", "We called you.")
    assert "clerk" not in shown.text
    assert desk.ask("GET", f"/v1/escalations/{case}", tenant="other").status_code == 404


def test_without_a_request_the_case_has_an_id_of_its_own(desk: Desk) -> None:
    """Applications may hand over what began elsewhere, and ask for it by the id that they got."""
    opened = desk.ask("POST", "/v1/escalations", {"reason": "phone call"}).json()
    assert desk.ask("GET", f"/v1/escalations/{opened['id']}").json()["state"] == "open"


@pytest.mark.parametrize(
    "case", ["x", "help-desk.x", f"help-desk.{'0' * 32}", "..%2f..%2fetc", "help-desk." + "0" * 999]
)
def test_what_is_no_case_is_not_found(desk: Desk, case: str) -> None:
    """Whatever is asked for."""
    assert desk.ask("GET", f"/v1/escalations/{case}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/feedback", {"request": "0" * 32, "thumb": "sideways"}, "/thumb"),
        ("/v1/feedback", {"request": "0" * 32, "comment": "x" * 2001}, "/comment"),
        ("/v1/feedback", {"request": "../x", "thumb": "up"}, "/request"),
        ("/v1/feedback", [], "/"),
        ("/v1/escalations", {"reason": "x" * 2001}, "/reason"),
        ("/v1/escalations", {"stars": 1}, "/stars"),
        ("/v1/escalations", {"model": "../x"}, "/model"),
        ("/v1/escalations", {"transcript": [{"role": "system", "text": "x"}]}, "/transcript/0/role"),
    ],
)
def test_a_wrong_body_is_named_by_its_field(desk: Desk, path: str, body: Any, pointer: str) -> None:
    """A problem document with the place, and without what was sent."""
    said = desk.ask("POST", path, body)
    assert said.status_code == 400
    assert pointer in [one["pointer"] for one in said.json()["errors"]]


@pytest.mark.parametrize("field", ["reason", "user"])
def test_half_a_letter_is_no_text(desk: Desk, field: str) -> None:
    """JSON can hold a lone surrogate, which no store and no log can: a wrong body, not a failure."""
    said = desk.ask("POST", "/v1/escalations", {field: "\ud800x"})
    assert (said.status_code, desk.cases.waiting()) == (400, ())
