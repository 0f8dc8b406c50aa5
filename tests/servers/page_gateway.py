"""A small gateway that speaks the page's part of the API: a real assistant with a scripted provider, and a model."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import uvicorn
from fakes.scripted_provider import Rule, ScriptedProvider
from fakes.small_assistant import WordRetriever, small_assistant
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response, StreamingResponse

from gateway.page.serving import page_routes
from roadworthy.exchange.exchange import converse
from roadworthy.exchange.interface import Answer, Question
from roadworthy.retrieval.interface import Hit, Passage

KEY = "rw-a-key-for-tests"
DIGEST = "5f0c" * 16
MARKUP = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
PROVIDER = ScriptedProvider(
    [
        Rule("Q: .*markup", f"Here: {MARKUP} [1]."),
        Rule("Q: .*monthly fee", "The Blue Account has no monthly fee [1]."),
        Rule("Q: .*card", "It is blocked at once [1]. See <b>also</b> [2]."),
    ]
)
RECORD = {
    "type": "object",
    "required": ["carrier", "distance", "seats", "gate"],
    "properties": {
        "carrier": {"type": "string", "enum": ["AA", "UA"], "description": "The airline's code."},
        "distance": {"type": "number", "minimum": 0},
        "seats": {"type": ["integer", "null"], "minimum": -(2**63), "maximum": 2**63 - 1},
        "gate": {"type": ["string", "null"]},
        "origin": {"type": ["string", "null"]},
    },
}
SCHEMA = {
    "type": "object",
    "oneOf": [
        {"type": "object", "properties": {"records": {"type": "array", "items": RECORD}}, "required": ["records"]}
    ],
}


class HostileRetriever(WordRetriever):
    """Finds what the small assistant finds, with markup in title and text."""

    def search(self, question: str, count: int) -> tuple[Hit, ...]:
        """Put markup into each passage."""
        hits = super().search(question, count)
        return tuple(replace(hit, passage=_hostile(hit.passage)) for hit in hits)


def _hostile(passage: Passage) -> Passage:
    return replace(passage, title=f"{passage.title} {MARKUP}", text=f"{passage.text} {MARKUP}")


@dataclass
class PageGateway:
    """Where it listens, and what was sent to it."""

    url: str
    feedback: list[dict[str, Any]] = field(default_factory=list)
    escalations: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def running_page_gateway() -> Iterator[PageGateway]:
    """Serve on a free port of the loopback."""
    listening = socket.create_server(("127.0.0.1", 0))
    gateway = PageGateway(f"http://127.0.0.1:{listening.getsockname()[1]}")
    server = uvicorn.Server(uvicorn.Config(_application(gateway), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.should_exit = True
        thread.join()


def _application(gateway: PageGateway) -> FastAPI:
    app = FastAPI(routes=list(page_routes()))
    assistant = small_assistant(PROVIDER, passages=3, retriever=HostileRetriever())
    told = {"release": "small@3", "digest": DIGEST, "arm": "production"}
    scored = {"release": "delay@7", "digest": DIGEST, "arm": "canary"}

    @app.middleware("http")
    async def keys(request: Any, go_on: Any) -> Response:
        if request.url.path.startswith("/v1") and request.headers.get("authorization") != f"Bearer {KEY}":
            return _problem(401, "Unauthorized", "Show a valid API key.")
        response: Response = await go_on(request)
        return response

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        listed = [
            {"id": "small", "kind": "assistant", "description": "Answers questions about accounts.", **told},
            {
                "id": "delay",
                "kind": "model",
                "description": "How likely a flight is late.",
                **scored,
                "switched_off": ["canary"],
            },
        ]
        return {"object": "list", "data": [{"object": "model", "owned_by": "tests", **one} for one in listed]}

    @app.post("/v1/chat/completions")
    async def chat(body: dict[str, Any]) -> Response:
        question = Question(body["messages"][-1]["content"])
        return StreamingResponse(_events(converse(assistant, question), told), media_type="text/event-stream")

    @app.post("/v1/feedback")
    def feedback(body: dict[str, Any]) -> dict[str, str]:
        gateway.feedback.append(body)
        return {}

    @app.post("/v1/escalations")
    def escalate(body: dict[str, Any]) -> dict[str, str]:
        gateway.escalations.append(body)
        return {}

    @app.get("/v1/capabilities/delay")
    def model() -> dict[str, Any]:
        example = {"carrier": "UA", "distance": 733.5}
        return {"name": "delay", "kind": "model", "description": "", **scored, "schema": SCHEMA, "example": example}

    @app.post("/v1/capabilities/delay/predict")
    def predict(body: dict[str, Any]) -> Response:
        record = body["records"][0]
        gateway.records.append(record)
        if record.get("distance", 0) > 10_000:
            wrong = [{"pointer": "/records/0/distance", "detail": "is farther than around the world"}]
            return _problem(422, "Unprocessable Content", "a record does not fit the model", wrong)
        return JSONResponse({**scored, "predictions": [{"score": 0.314}]})

    return app


async def _events(said: AsyncIterator[str | Answer], told: dict[str, str]) -> AsyncIterator[bytes]:
    async for one in said:
        if not isinstance(one, Answer):
            continue
        for piece in re.findall(r"\s*\S+", one.text):
            yield _event({"choices": [{"index": 0, "delta": {"content": piece}}]})
        extra = {
            **told,
            "request_id": "r-1",
            "outcome": one.outcome,
            "citations": _citations(one),
            "calls": [],
            "fallback": "",
            "cached": False,
        }
        yield _event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "roadworthy": extra})
    yield b"data: [DONE]\n\n"


def _citations(answer: Answer) -> list[dict[str, Any]]:
    numbers = [int(number) for number in re.findall(r"\[(\d+)\]", answer.text)]
    return [{"number": number, **asdict(answer.hits[number - 1].passage)} for number in numbers]


def _event(document: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def _problem(status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None) -> Response:
    document = {"title": title, "status": status, "detail": detail, "errors": errors or []}
    return JSONResponse(document, status, media_type="application/problem+json")
