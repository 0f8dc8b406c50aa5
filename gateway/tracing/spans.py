"""Makes the spans of a request from its event: one for the request, one for each part of the work."""

from __future__ import annotations

from collections.abc import Iterator
from random import getrandbits

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event as SpanEvent
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from gateway.tracing.attributes import CALL_A_TOOL, of_guard, of_part, of_request
from gateway.tracing.interface import Trace
from roadworthy.telemetry.event import Ending, Event, Part

SCOPE = InstrumentationScope("roadworthy.gateway")
_BAD = frozenset({Ending.ERROR, Ending.TIMEOUT, Ending.FAILED})
_SECOND = 1_000_000_000


def spans_of(trace: Trace, event: Event, resource: Resource, model: str = "") -> tuple[ReadableSpan, ...]:
    """Return the spans, the parts' before the request's.

    An event has how long each part took, not when it began: parts are laid end to end from the request's start.
    """
    context = _context(trace, trace.span_id)
    return (*_parts(trace, event, resource, context, model), _request(trace, event, resource, context))


def _request(trace: Trace, event: Event, resource: Resource, context: SpanContext) -> ReadableSpan:
    start = int(event.at.timestamp() * _SECOND)
    return ReadableSpan(
        name=f"{event.kind.value} {event.capability}".strip(),
        context=context,
        parent=_context(trace, trace.parent_id, remote=True) if trace.parent_id else None,
        resource=resource,
        attributes=of_request(event),
        events=tuple(SpanEvent("guard", of_guard(said), start) for said in event.guards),
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR, event.problem or event.ending.value) if event.ending in _BAD else Status(),
        start_time=start,
        end_time=start + int(event.seconds * _SECOND),
        instrumentation_scope=SCOPE,
    )


def _parts(trace: Trace, event: Event, resource: Resource, parent: SpanContext, model: str) -> Iterator[ReadableSpan]:
    start, calls = int(event.at.timestamp() * _SECOND), iter(event.calls)
    for part in event.parts:
        called = next(calls, None) if part.name == CALL_A_TOOL else None
        end = start + int(part.seconds * _SECOND)
        yield ReadableSpan(
            name=f"execute_tool {called.tool}" if called else part.name,
            context=_context(trace, getrandbits(64) or 1),
            parent=parent,
            resource=resource,
            attributes=of_part(part.name, part.failure, called, model or event.capability),
            kind=SpanKind.INTERNAL,
            status=_status(part),
            start_time=start,
            end_time=end,
            instrumentation_scope=SCOPE,
        )
        start = end


def _context(trace: Trace, span_id: int, remote: bool = False) -> SpanContext:
    return SpanContext(trace.trace_id, span_id, remote, TraceFlags(trace.flags), _state(trace.state))


def _state(state: str) -> TraceState | None:
    return TraceState.from_header([state]) if state else None


def _status(part: Part) -> Status:
    return Status(StatusCode.ERROR, part.failure) if part.failure else Status()
