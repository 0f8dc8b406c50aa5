"""`POST /v1/chat/completions`: a question to a released assistant, as OpenAI's client asks it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway import chat_answer
from gateway.answering import Said, answer
from gateway.body import read_json
from gateway.chat_request import ChatRequest, parse_chat
from gateway.choosing import choose, known_capability
from gateway.problems import Problem
from gateway.services import Services, services_of
from gateway.visit import Visit, visit_of
from roadworthy.access.admission.overloaded import Overloaded
from roadworthy.access.keys import Key
from roadworthy.exchange.interface import Answer, Question
from roadworthy.telemetry.event import Kind


async def complete_chat(request: Request) -> Response:
    """Answer a question, whole or in pieces."""
    services, visit = services_of(request), visit_of(request)
    visit.kind = Kind.ANSWER
    key = services.door.enter(request, visit)
    asked = await _asked(request, services, visit, key)
    said = _admitted(services, visit, key, asked)
    # What refuses a request does so before the first piece, while there is still a status to set.
    first = await anext(said)
    if asked.stream:
        return _Stream(first, said, visit, asked)
    async with aclosing(said):
        answer = first if isinstance(first, Answer) else await _last(said)
    return Response(
        chat_answer.completion(visit, answer), headers=release_headers(visit), media_type="application/json"
    )


def release_headers(visit: Visit) -> dict[str, str]:
    """Return the headers that say which release answered."""
    return {
        "x-roadworthy-release": f"{visit.capability}@{visit.release}",
        "x-roadworthy-digest": visit.digest,
        "x-roadworthy-arm": visit.arm,
    }


async def _asked(request: Request, services: Services, visit: Visit, key: Key) -> ChatRequest:
    """Return what is asked, counted against the limits; what is refused counts as well, but for the user's limit."""
    try:
        services.door.glance(key)
        asked = parse_chat(await read_json(request, services.body))
        _note(services, visit, asked)
        services.door.check(key, f"capability:{asked.model}")
    except (Problem, Overloaded):
        # Who the user is was not read, or is not to be believed.
        await services.door.count(key)
        raise
    await services.door.count(key, asked.user)
    return asked


def _note(services: Services, visit: Visit, asked: ChatRequest) -> None:
    visit.capability = known_capability(services.follower, asked.model)
    visit.user, visit.conversation, visit.streamed = asked.user, asked.conversation, asked.stream


async def _admitted(services: Services, visit: Visit, key: Key, asked: ChatRequest) -> Said:
    """Wait for a place, choose the release, and hold the exchange."""
    async with services.door.place(visit, key):
        choice = choose(services.follower, visit, asked.model, "assistant")
        question = Question(asked.question, asked.user, asked.conversation, visit.deadline)
        with choice.loaded.in_use():
            async with aclosing(answer(services, visit, key, choice.loaded, choice.switches, question)) as said:
                async for one in said:
                    yield one


async def _last(said: Said) -> Answer:
    async for one in said:
        if isinstance(one, Answer):
            return one
    raise RuntimeError("an exchange ended without an answer")


class _Stream(Response):
    """Server-sent events, each sent as soon as its text may be shown."""

    def __init__(self, first: str | Answer, said: Said, visit: Visit, asked: ChatRequest) -> None:
        headers = release_headers(visit) | {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(headers=headers, media_type="text/event-stream")
        # Its length is not known.
        self.raw_headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]
        self._first, self._said, self._visit, self._asked = first, said, visit, asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream (ASGI 3)."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._said), aclosing(self._events()) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _events(self) -> AsyncGenerator[bytes, None]:
        visit, shown = self._visit, False
        yield chat_answer.chunk(visit, {"role": "assistant", "content": ""})
        said: str | Answer | None = self._first
        while isinstance(said, str):
            shown = True
            yield chat_answer.chunk(visit, {"content": said})
            said = await anext(self._said, None)
        if not isinstance(said, Answer):
            raise RuntimeError("an exchange ended without an answer")
        if not shown:
            # A kept answer comes whole.
            yield chat_answer.chunk(visit, {"content": said.text})
        extension = chat_answer.extension(visit, said)
        yield chat_answer.chunk(visit, {}, chat_answer.finish_reason(said), roadworthy=extension)
        if self._asked.stream_options and self._asked.stream_options.include_usage:
            yield chat_answer.usage_chunk(visit, said)
        yield chat_answer.DONE
