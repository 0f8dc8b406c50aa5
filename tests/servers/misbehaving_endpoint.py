"""A small real OpenAI-compatible endpoint that answers well or badly, as a test tells it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "small"
TEXT = "The capital of France is Paris."

FINISHED: dict[str, Any] = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": TEXT}}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
}


@dataclass(frozen=True)
class Asked:
    """What a client sent."""

    body: dict[str, Any]
    authorization: str | None


@dataclass
class Endpoint:
    """A running endpoint, and what it was asked so far."""

    base_url: str
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    """What behaviours use to answer."""

    endpoint: Endpoint
    asked: Asked

    def send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        """Send a whole answer."""
        self.begin(status, kind, **{"Content-Length": str(len(body)), **headers})
        self.wfile.write(body)

    def begin(self, status: int, kind: str, **headers: str) -> None:
        """Send the head of an answer."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def fail(self, status: int, message: str, code: str | None = None, **headers: str) -> None:
        """Send an error as OpenAI words it."""
        error = {"error": {"message": message, "type": "error", "param": None, "code": code}}
        self.send(status, json.dumps(error).encode(), **headers)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Behaviour = Callable[[Handler], None]


def well(handler: Handler) -> None:
    """Answer, as a whole or as a stream."""
    if handler.asked.body.get("stream"):
        handler.begin(200, "text/event-stream")
        for piece in ("The capital of France", " is Paris."):
            _event(handler, piece, None)
        _event(handler, None, "stop")
        handler.wfile.write(b"data: [DONE]\n\n")
    else:
        handler.send(200, json.dumps(FINISHED).encode())


def counting(handler: Handler) -> None:
    """Stream, and count the tokens if that is asked for."""
    handler.begin(200, "text/event-stream")
    _event(handler, TEXT, None)
    _event(handler, None, "stop")
    if handler.asked.body.get("stream_options") == {"include_usage": True}:
        last = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": []}
        handler.wfile.write(b"data: " + json.dumps(last | {"usage": FINISHED["usage"]}).encode() + b"\n\n")
    handler.wfile.write(b"data: [DONE]\n\n")


def refusing_to_count(handler: Handler) -> None:
    """Answer 400 as endpoints do that are older than the option."""
    if "stream_options" in handler.asked.body:
        handler.fail(400, "Unrecognized request argument supplied: stream_options")
    else:
        well(handler)


def saying(**changes: Any) -> Behaviour:
    """Answer with another value in some of the fields."""
    return lambda handler: handler.send(200, json.dumps(FINISHED | changes).encode())


def hang(handler: Handler) -> None:
    """Never answer."""
    handler.endpoint.closing.wait(60)


def hang_up(handler: Handler) -> None:
    """Close the connection without a word."""


def truncate(handler: Handler) -> None:
    """Announce a whole answer, or begin a stream, and break off in the middle."""
    if handler.asked.body.get("stream"):
        handler.begin(200, "text/event-stream")
        _event(handler, "The capital", None)
    else:
        body = json.dumps(FINISHED).encode()
        handler.begin(200, "application/json", Content_Length=str(len(body)))
        handler.wfile.write(body[: len(body) // 2])


def web_page(handler: Handler) -> None:
    """Answer like a proxy that wants a login."""
    handler.send(200, b"<html>Please log in</html>", "text/html")


def not_json(handler: Handler) -> None:
    """Say that it is JSON, and send none."""
    handler.send(200, b'{"choices": [')


def endless(handler: Handler) -> None:
    """Send for as long as somebody reads."""
    streamed = bool(handler.asked.body.get("stream"))
    handler.begin(200, "text/event-stream" if streamed else "application/json")
    handler.wfile.write(b"" if streamed else b'{"choices": "')
    while not handler.endpoint.closing.is_set():
        if streamed:
            _event(handler, "word " * 1000, None)
        else:
            handler.wfile.write(b"word " * 10_000)


def slowly(gone: threading.Event) -> Behaviour:
    """Stream word by word for as long as somebody reads; `gone` is set when nobody does any more."""

    def say(handler: Handler) -> None:
        handler.begin(200, "text/event-stream")
        try:
            while not handler.endpoint.closing.wait(0.005):
                _event(handler, "word ", None)
        except ConnectionError:
            gone.set()
            raise

    return say


def too_many_requests(retry_after: str) -> Behaviour:
    """Answer 429 and say when to come back."""
    return lambda handler: handler.fail(429, "slow down", "rate_limit_exceeded", Retry_After=retry_after)


def no_credit(handler: Handler) -> None:
    """Answer 429 as OpenAI does for an account without money."""
    handler.fail(429, "You exceeded your current quota", "insufficient_quota")


def broken(handler: Handler) -> None:
    """Answer 500."""
    handler.fail(500, "the model crashed")


def wrong_key(handler: Handler) -> None:
    """Answer 401, and repeat the key."""
    handler.fail(401, f"Incorrect API key provided: {handler.asked.authorization}", "invalid_api_key")


def refused(handler: Handler) -> None:
    """Answer 400, and repeat the key."""
    handler.fail(400, f"this is not supported, {handler.asked.authorization}")


def unknown_model(handler: Handler) -> None:
    """Answer 404 as OpenAI does."""
    handler.fail(404, f"The model `{handler.asked.body['model']}` does not exist", "model_not_found")


def nothing_here(handler: Handler) -> None:
    """Answer 404 as a web server does for a wrong path."""
    handler.send(404, b"404 page not found", "text/plain")


def prompt_too_long(handler: Handler) -> None:
    """Answer 400 as OpenAI does for a prompt that does not fit."""
    handler.fail(400, "maximum context length is 4096 tokens", "context_length_exceeded")


def elsewhere(handler: Handler) -> None:
    """Redirect to another place."""
    handler.send(307, b"", Location="http://127.0.0.1:9/v1/chat/completions")


@contextmanager
def running_endpoint(behaviours: Sequence[Behaviour]) -> Iterator[Endpoint]:
    """Serve on a free port of the loopback: each request gets the next behaviour, from the last on always that."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1")

    class Scripted(Handler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.endpoint, self.asked = endpoint, Asked(body, self.headers.get("Authorization"))
            behaviour = behaviours[min(len(endpoint.asked), len(behaviours) - 1)]
            endpoint.asked.append(self.asked)
            with suppress(ConnectionError):  # Who reads may go away.
                behaviour(self)

    server.RequestHandlerClass = Scripted
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield endpoint
    finally:
        endpoint.closing.set()
        server.shutdown()
        server.server_close()


def _event(handler: Handler, piece: str | None, finish: str | None) -> None:
    delta = {"content": piece} if piece else {}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    handler.wfile.write(b"data: " + json.dumps(chunk | {"choices": choices}).encode() + b"\n\n")
    handler.wfile.flush()
