"""Reads the headers `traceparent` and `tracestate` (W3C Trace Context, sections 3.2 and 3.3)."""

from __future__ import annotations

import re

from gateway.tracing.interface import Trace

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_LONGEST = 512
_KNOWN_FLAGS = 0b11
"""Sampled, and random trace id (level 2)."""


def read_parent(traceparent: str, tracestate: str = "") -> Trace:
    """Return the client's span as a place in a trace; one of zeros when the headers say nothing, or nonsense."""
    found = _PARENT.fullmatch(traceparent.strip()) if len(traceparent) <= _LONGEST else None
    if found is None:
        return Trace()
    version, trace, span, flags, more = found.groups()
    trace_id, span_id = int(trace, 16), int(span, 16)
    if version == "ff" or (version == "00" and more) or not trace_id or not span_id:
        return Trace()
    # It goes into our own requests: nothing may come in by it that is no header's value.
    safe = len(tracestate) <= _LONGEST and tracestate.isascii() and tracestate.isprintable()
    return Trace(trace_id, span_id, 0, int(flags, 16) & _KNOWN_FLAGS, tracestate if safe else "")
