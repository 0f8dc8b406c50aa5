"""Sends traces by OTLP over HTTP: from a queue with an end, in a thread, whatever becomes of the collector."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from random import getrandbits

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler

from gateway.tracing.interface import SAMPLED, Trace
from gateway.tracing.spans import spans_of
from gateway.tracing.traceparent import read_parent
from roadworthy.telemetry.event import Event

_LOG = logging.getLogger("roadworthy.tracing")
_BATCH = 512
_PATIENCE = 3.0
"""Seconds at the end for what is still held."""


class OtlpTracing:
    """Builds a request's spans when it has ended, and hands them to OpenTelemetry's batches."""

    def __init__(self, exporter: SpanExporter, sampler: Sampler, resource: Resource, capacity: int) -> None:
        """Hold at most `capacity` spans; those that come when it is full are lost."""
        self._exporter = _Counting(exporter)
        self._sampler = sampler
        self._resource = resource
        self._capacity = capacity
        self._processor = BatchSpanProcessor(
            self._exporter, max_queue_size=capacity, max_export_batch_size=min(capacity, _BATCH)
        )
        self._handed = 0
        self._dropped = 0

    def begin(self, traceparent: str = "", tracestate: str = "") -> Trace:
        """Return a place below the client's span, or at the head of a trace of its own."""
        parent = read_parent(traceparent, tracestate)
        trace_id = parent.trace_id or getrandbits(128) or 1
        decision = self._sampler.should_sample(_above(parent), trace_id, "request").decision
        flags = (parent.flags & ~SAMPLED) | (SAMPLED if decision is Decision.RECORD_AND_SAMPLE else 0)
        return Trace(trace_id, getrandbits(64) or 1, parent.span_id, flags, parent.state)

    def finish(self, trace: Trace, event: Event, model: str = "") -> None:
        """Hand over the request's spans, all or none. Returns at once and never raises."""
        if not trace.sampled:
            return
        try:
            spans = spans_of(trace, event, self._resource, model)
        except Exception:
            _LOG.exception("a request's spans could not be made")
            self._dropped += 1
            return
        if self._handed - self._exporter.done + len(spans) > self._capacity:
            self._dropped += len(spans)
            return
        self._handed += len(spans)
        for span in spans:
            self._processor.on_end(span)

    @property
    def lost(self) -> int:
        """How many spans could not be sent since the start."""
        return self._dropped + self._exporter.failed

    def close(self) -> None:
        """Send what is held, for a few seconds at most, and stop."""
        stopping = threading.Thread(target=self._processor.shutdown, daemon=True)
        stopping.start()
        stopping.join(_PATIENCE)
        # Ends the waiting between two tries, so that the thread ends too.
        self._exporter.shutdown()


class _Counting(SpanExporter):
    """Counts what was sent and what failed, and says once when sending begins to fail, and once when it works again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._works = True
        self._lock = threading.Lock()
        self._shut = False
        self.done = 0
        self.failed = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        except Exception as error:
            _LOG.debug("sending traces raised %s", type(error).__name__)
        works = result is SpanExportResult.SUCCESS
        self.failed += 0 if works else len(spans)
        self.done += len(spans)
        if works is not self._works:
            self._works = works
            _LOG.warning("traces can be sent again" if works else "traces can't be sent; requests are not affected")
        return result

    def shutdown(self) -> None:
        """Stop, once."""
        with self._lock:
            if self._shut:
                return
            self._shut = True
        self._exporter.shutdown()


def _above(parent: Trace) -> Context | None:
    """Return the client's span as samplers want it."""
    if not parent.trace_id:
        return None
    flags = otel.TraceFlags(parent.flags)
    return otel.set_span_in_context(
        otel.NonRecordingSpan(otel.SpanContext(parent.trace_id, parent.span_id, True, flags)), Context()
    )
