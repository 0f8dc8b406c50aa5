"""HTTP/1.1 as uvicorn speaks it, with bounds for clients that are slow, endless or deaf, and problem documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway import connection_limits as bounds
from gateway.connection_limits import ConnectionLimits, reset
from gateway.problems import Problem, raw_response


class BoundedProtocol(HttpToolsProtocol):
    """One connection. uvicorn makes it: `uvicorn.Config(..., http="gateway.protocol:BoundedProtocol")`."""

    limits = ConnectionLimits()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head, self._began, self._discards = False, 0, False
        """Whether a head is being read, how many have begun, and whether what still comes is of no interest."""
        self._head_bytes = self._head_lines = self._body_bytes = self._overhead = self._rest = 0
        self._patience: asyncio.TimerHandle | None = None
        self._deafness: asyncio.TimerHandle | None = None
        self._refusal = bounds.MALFORMED

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, not for ever."""
        super().connection_made(transport)
        self._wait(self.limits.head_seconds, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timers."""
        self._stop_waiting()
        self._heard()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and count what is not body."""
        if self._discards:
            self._discard(len(data))
            return
        in_head, began, body = self._head, self._began, self._body_bytes
        super().data_received(data)
        if self.transport.is_closing() or self._discards:
            return
        if self._head:
            self._head_bytes += len(data) if in_head or began == 0 else 0
            if self._head_bytes > self.limits.head_bytes:
                # A single header without an end is not told to us before it is complete.
                self._refusal = bounds.LONG_HEADERS
                self.send_400_response("")
            elif self._patience is None:
                self._wait(self.limits.head_seconds, self._head_is_late)
        elif began == self._began:
            self._count_overhead(len(data) - (self._body_bytes - body))
        self._expect_next()

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._head, self._began = True, self._began + 1
        self._head_bytes = self._head_lines = self._body_bytes = self._overhead = self._rest = 0
        self._refusal = bounds.MALFORMED

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request line."""
        self._count_head(len(url), bounds.LONG_URL)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; trailers are counted and not believed, since the headers were judged already."""
        self._head_lines += 1
        self._count_head(len(name) + len(value) + 4, bounds.LONG_HEADERS)
        if self._head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start to answer."""
        self._head = False
        self._stop_waiting()
        if self.parser.get_http_version() not in bounds.VERSIONS:
            raise ValueError(bounds.MALFORMED.detail)
        if len(self.pipeline) >= self.limits.pipelined:
            raise ValueError("too many requests wait on this connection")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body, or throw it away when the answer was given already."""
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._discard(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that nothing more is to come."""
        super().on_message_complete()
        self.cycle.more_body = False
        self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait a little for the rest of a request that was refused before it had come."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete and self.cycle.more_body:
            self._wait(self.limits.rest_seconds, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or too much of it, and end the connection."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._refuse(self._refusal)
        elif cycle.more_body and not cycle.response_started and not self.pipeline:
            # Its own body is broken: whoever reads it is told that no more will come, and can't answer.
            cycle.disconnected = True
            cycle.message_event.set()
            self._refuse(self._refusal)
        else:
            # What came before is answered; then the connection ends.
            cycle.keep_alive, self._discards, self._rest = False, True, 0

    def pause_writing(self) -> None:
        """Give a client that does not read some time."""
        super().pause_writing()
        if self._deafness is None:
            self._deafness = self.loop.call_later(self.limits.unread_seconds, reset, self.transport)

    def resume_writing(self) -> None:
        """Go on: it reads."""
        self._heard()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection; what was not read by now is not waited for."""
        if self.transport.get_write_buffer_size():
            reset(self.transport)
        super().timeout_keep_alive_handler()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: anybody could fill the log with it."""

    def _count_head(self, length: int, problem: Problem) -> None:
        self._overhead += length
        if self._overhead > self.limits.head_bytes or self._head_lines > self.limits.head_lines:
            self._refusal = problem
            # The parser stops, and uvicorn calls send_400_response.
            raise ValueError(problem.detail)

    def _count_overhead(self, length: int) -> None:
        self._rest += length
        if self._rest > self.limits.head_bytes + bounds.OVERHEAD * self._body_bytes:
            self._refusal = bounds.LONG_HEADERS
            self.send_400_response("")

    def _expect_next(self) -> None:
        """See to it that a connection on which nothing happens ends, whatever came last."""
        idle = self.cycle is not None and self.cycle.response_complete and not self.cycle.more_body and not self._head
        if idle and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _head_is_late(self) -> None:
        self._patience = None
        if self.cycle is not None and not self.cycle.response_complete:
            # While an answer is on its way, the next request may have been left unread by ourselves.
            self._wait(self.limits.head_seconds, self._head_is_late)
        elif self._began:
            self._refuse(bounds.LATE)
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Answer, and read on for a little: closed at once, the connection would be reset before the answer is read."""
        self.transport.write(raw_response(problem))
        self._discards, self._rest = True, 0
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._wait(self.limits.rest_seconds, lambda: reset(self.transport))

    def _discard(self, length: int) -> None:
        self._rest += length
        if self._rest > self.limits.rest_bytes:
            self.transport.close()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(seconds, then)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _heard(self) -> None:
        if self._deafness is not None:
            self._deafness.cancel()
            self._deafness = None
