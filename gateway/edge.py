"""The outermost layer: every request gets an id, a time limit and an end, and leaves exactly one event."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.problems import CLIENT_GONE, SAFE_HEADERS, Problem, response_to
from gateway.visit import Visit
from roadworthy.telemetry.event import Ending

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG = logging.getLogger("roadworthy.gateway")
_GRACE_SECONDS = 2.0
"""So much longer than its deadline a request may take to say so itself."""
_TRACE_HEADERS = (b"traceparent", b"tracestate")
_API_HEADERS = (*SAFE_HEADERS, (b"cache-control", b"no-store"))


@dataclass(frozen=True)
class Edge:
    """Wraps the application."""

    app: ASGIApp
    new_id: Callable[[], str]
    deadline_seconds: float
    began: Callable[[Visit, str, str], None]
    """Told of every request below /v1 when it comes, with its headers `traceparent` and `tracestate`."""
    ended: Callable[[Visit], None]
    """Told of it when it has ended; must not raise."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = Visit(self.new_id())
        visit.deadline = visit.started + self.deadline_seconds
        scope.setdefault("state", {})["visit"] = visit
        is_api = scope["path"].startswith("/v1/")
        passage = _Passage(visit, receive, send, _API_HEADERS if is_api else SAFE_HEADERS)
        if scope["method"] == "HEAD":
            # What is there for GET is there for HEAD (RFC 9110, section 9.3.2); the server leaves the body out.
            scope = {**scope, "method": "GET"}
        if not is_api:
            await self._served(scope, passage)
            return
        self.began(visit, *_trace_headers(scope))
        try:
            await self._served(scope, passage)
        finally:
            self.ended(visit)

    async def _served(self, scope: Scope, passage: _Passage) -> None:
        visit = passage.visit
        try:
            async with asyncio.timeout_at(_loop_time(visit.deadline) + _GRACE_SECONDS):
                await self.app(scope, passage.receive, passage.send)
        except TimeoutError:
            visit.ending = Ending.TIMEOUT
            await passage.refuse(scope, Problem("deadline", 504, "the request took longer than allowed"))
        except asyncio.CancelledError:
            if not passage.client_gone:
                raise
            visit.ending, visit.status = Ending.CANCELLED, visit.status or CLIENT_GONE
        except Exception as error:
            # Its message may hold what nobody should read.
            _LOG.error("request %s failed: %s", visit.id, _where(error))
            visit.ending = Ending.ERROR
            await passage.refuse(scope, Problem("internal", 500, "the gateway failed; the id is in its log"))
        finally:
            passage.close()


class _Passage:
    """The two directions of one request: counts its answer's start, and cancels the work when the client leaves."""

    def __init__(self, visit: Visit, receive: Receive, send: Send, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        self.visit = visit
        self.client_gone = False
        self._complete = False
        self._headers = headers
        self._receive, self._send = receive, send
        self._work = asyncio.current_task()
        self._watch: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        """Pass on a piece of the body; after the last, watch for the client's leaving."""
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False) and self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._await_leaving())
        return message

    async def send(self, message: Message) -> None:
        """Pass on a piece of the answer."""
        if message["type"] == "http.response.start":
            self.visit.status = message["status"]
            message["headers"] = self._with_ours(list(message.get("headers", ())))
        elif not message.get("more_body", False):
            self._complete = True
        await self._send(message)

    def _with_ours(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        given = {name.lower() for name, _ in headers}
        headers += [pair for pair in self._headers if pair[0] not in given]
        headers.append((b"x-request-id", self.visit.id.encode()))
        return headers

    async def refuse(self, scope: Scope, problem: Problem) -> None:
        """Answer with a problem, if nothing has been answered yet."""
        if not self.visit.status:
            self.visit.problem = problem.kind
            await response_to(problem)(scope, self._receive, self.send)

    def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()

    async def _await_leaving(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._complete:
            # Nobody left: the server says so of an answered request, too.
            return
        self.client_gone = True
        if self._work is not None:
            self._work.cancel()


def _trace_headers(scope: Scope) -> tuple[str, str]:
    """Return the headers of W3C Trace Context, empty where they are missing."""
    found = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _TRACE_HEADERS}
    return found.get(b"traceparent", ""), found.get(b"tracestate", "")


def _loop_time(monotonic: float) -> float:
    return asyncio.get_running_loop().time() + (monotonic - time.monotonic())


def _where(error: Exception) -> str:
    """Return the error's class and the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.name} ({last.filename}, line {last.lineno})"
