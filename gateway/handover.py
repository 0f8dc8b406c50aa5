"""`/v1/feedback` and `/v1/escalations`: what users say of answers, and conversations that a person takes over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway.body import BodyLimits, read_json
from gateway.problems import FieldProblem, Problem, invalid, not_found
from gateway.visit import Visit
from roadworthy.errors import UnknownName
from roadworthy.handover.case_files import place_of
from roadworthy.handover.feedback import Feedback
from roadworthy.handover.queue import LONGEST_REASON, LONGEST_TURN, MOST_TURNS, CaseQueue, Escalation
from roadworthy.handover.records import Case, Turn
from roadworthy.telemetry.event import Content, Ending, Kind, Said
from roadworthy.telemetry.request_ids import RequestIds

SCOPE = "feedback"
"""What a key has to be meant for."""
NO_CAPABILITY = "unknown"
"""Under this name cases lie of which the application does not say what they are about."""
Receive = Callable[[Request, str], Awaitable[Visit]]
"""Lets a caller in who has a key for this scope, and returns the visit with its tenant. Raises `Problem`."""
_Body = TypeVar("_Body", bound=BaseModel)


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SaidTurn(_Closed):
    """One turn of a conversation."""

    role: Annotated[str, StringConstraints(pattern=r"^(user|assistant)$")]
    text: Annotated[str, StringConstraints(max_length=LONGEST_TURN)]


class EscalationRequest(_Closed):
    """The wish that a person looks at a conversation."""

    request: Annotated[str, StringConstraints(pattern=r"^[0-9a-v]{32}$")] | None = None
    """The id of the answer that it is about; without one the case gets this request's own."""
    model: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")] = NO_CAPABILITY
    """The capability's name."""
    user: Annotated[str, StringConstraints(max_length=256)] = ""
    reason: Annotated[str, StringConstraints(max_length=LONGEST_REASON)] = ""
    transcript: Annotated[list[SaidTurn], Field(max_length=MOST_TURNS)] = []
    """What was said, for the person; kept redacted, and only where the policy lets content be kept."""


@dataclass(frozen=True)
class Handover:
    """The handlers. Files and the store are used in threads: the event loop never waits for them."""

    receive: Receive
    cases: CaseQueue
    ids: RequestIds
    pseudonym: Callable[[str], str]
    """Of a tenant, as events have it."""
    limits: BodyLimits = BodyLimits()  # noqa: RUF009  (frozen)

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/v1/feedback", self.give_feedback, methods=["POST"])
        router.add_api_route("/v1/escalations", self.escalate, methods=["POST"])
        router.add_api_route("/v1/escalations/{case}", self.show_case, methods=["GET"])
        return router

    async def give_feedback(self, request: Request) -> Response:
        """Note what a user says of an earlier answer."""
        visit = await self.receive(request, SCOPE)
        visit.kind = Kind.FEEDBACK
        feedback = _parsed(await read_json(request, self.limits), Feedback)
        self._check_own(feedback.request, visit)
        visit.said, visit.ending = feedback.said, Ending.NOTED
        if feedback.comment:
            comment = await asyncio.to_thread(lambda: feedback.redacted_comment)
            visit.content = Content(visit.id, visit.at, visit.capability, comment=comment)
        return _json({"id": visit.id, "request": feedback.request}, 202)

    async def escalate(self, request: Request) -> Response:
        """Hand a conversation to a person."""
        visit = await self.receive(request, SCOPE)
        visit.kind = Kind.ESCALATION
        wish = _parsed(await read_json(request, self.limits), EscalationRequest)
        if wish.request is not None:
            self._check_own(wish.request, visit)
        visit.user, visit.ending = wish.user, Ending.NOTED
        # By this the nights find the answer that somebody had to be asked about.
        visit.said = Said(wish.request) if wish.request else None
        case = await asyncio.to_thread(self.cases.escalate, self._escalation(wish, visit))
        return _json(_shown(case), 202)

    async def show_case(self, request: Request) -> Response:
        """Show how far a case of the caller's has come, and the answer when there is one."""
        visit = await self.receive(request, SCOPE)
        visit.kind = Kind.ESCALATION
        try:
            case = await asyncio.to_thread(self._own_case, request.path_params["case"], visit)
        except UnknownName:
            raise not_found("there is no such case") from None
        visit.ending = Ending.NOTED
        return _json(_shown(case), 200)

    def _own_case(self, case_id: str, visit: Visit) -> Case:
        """Return a case of the caller's tenant. Raises `UnknownName` for all others alike, before any is read."""
        if not self.ids.made_for(place_of(case_id).request, visit.tenant):
            raise UnknownName("there is no such case")
        return self.cases.case(case_id)

    def _check_own(self, request_id: str, visit: Visit) -> None:
        if not self.ids.made_for(request_id, visit.tenant):
            problem = FieldProblem("/request", "is the id of no request of yours")
            raise Problem("unknown-request", 404, "there is no such request", (problem,))

    def _escalation(self, wish: EscalationRequest, visit: Visit) -> Escalation:
        return Escalation(
            capability=wish.model,
            request=wish.request or visit.id,
            tenant=self.pseudonym(visit.tenant),
            user=wish.user,
            reason=wish.reason,
            transcript=tuple(Turn.model_validate(said.model_dump()) for said in wish.transcript),
        )


def _parsed(body: Any, kind: type[_Body]) -> _Body:
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        # The messages of rules, never what was sent.
        found = error.errors(include_url=False, include_context=False, include_input=False)[:10]
        places = [FieldProblem("/" + "/".join(str(part)[:60] for part in one["loc"]), one["msg"]) for one in found]
        raise invalid("the body is not what is expected here", *places) from None


def _shown(case: Case) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": case.id, "state": case.state.value, "opened_at": case.opened.at}
    if case.answered:
        shown |= {"answer": case.answered.text, "answered_at": case.answered.at}
    return shown


def _json(content: dict[str, Any], status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
