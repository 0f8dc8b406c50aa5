"""What tracing does for a request: gives it a place in a trace at its beginning, and tells of it at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from roadworthy.telemetry.event import Event

SAMPLED = 1
"""The flag of W3C Trace Context that says that this trace is kept."""


@dataclass(frozen=True)
class Trace:
    """A request's place in a trace; all zero when it has none."""

    trace_id: int = 0
    span_id: int = 0
    parent_id: int = 0
    """The client's span; 0 when the trace begins here."""
    flags: int = 0
    state: str = ""
    """What other vendors put into `tracestate`, passed on as it came."""

    @property
    def sampled(self) -> bool:
        """Whether its spans are kept."""
        return bool(self.flags & SAMPLED)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that pass the trace on to whom we ask (W3C Trace Context, section 3)."""
        if not self.trace_id:
            return {}
        parent = {"traceparent": f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.flags:02x}"}
        return {**parent, "tracestate": self.state} if self.state else parent


class Tracing(Protocol):
    """Never makes a request wait and never fails it."""

    def begin(self, traceparent: str = "", tracestate: str = "") -> Trace:
        """Return the place in a trace of a request that came with these headers, or without."""

    def finish(self, trace: Trace, event: Event, model: str = "") -> None:
        """Tell of a request that has ended; `model` is what the provider calls its model."""

    @property
    def lost(self) -> int:
        """How many spans could not be sent since the start."""

    def close(self) -> None:
        """Send what is held, for a few seconds at most, and stop. Not for the event loop."""
