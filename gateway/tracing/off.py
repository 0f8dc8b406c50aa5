"""No tracing: a client's trace is passed on as it came, and nothing is told."""

from __future__ import annotations

from gateway.tracing.interface import Trace
from gateway.tracing.traceparent import read_parent
from roadworthy.telemetry.event import Event


class NoTracing:
    """What is used when nobody collects traces."""

    lost = 0

    def begin(self, traceparent: str = "", tracestate: str = "") -> Trace:
        """Return the client's own place, so that whom we ask hears of it."""
        return read_parent(traceparent, tracestate)

    def finish(self, trace: Trace, event: Event, model: str = "") -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
