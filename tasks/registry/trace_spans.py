"""The spans of one query's trace as MLflow keeps them: one for the exchange, one for each of its parts."""

# Late imports: start-up time.
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from roadworthy.digest import digest_bytes
from roadworthy.evaluation.query_traces import ShownTrace, TracedPart
from tasks.registry.facts import ReleaseFacts

if TYPE_CHECKING:
    from mlflow.entities import Span
    from opentelemetry.trace import SpanContext

_SECOND = 1_000_000_000
_ROOT = "exchange"
_TYPES = {"retrieve": "RETRIEVER", "call a tool": "TOOL"}


def trace_identity(release: str, query: str) -> str:
    """Return the trace's id: the same release and query have the same one, so that none is logged twice."""
    return f"tr-{_digest(release, query)[:32]}"


@dataclass(frozen=True)
class SpanMaker:
    """Makes the spans; parts have no times of their own, and are laid end to end from the moment of the release."""

    shown: ShownTrace
    facts: ReleaseFacts

    def spans(self) -> list[Span]:
        """Return the exchange's span and its parts'."""
        start, place = self._start, self._start
        made = [self._span(_ROOT, 0, (start, start + _nanoseconds(self.shown.trace.seconds)), self._of_exchange())]
        for number, part in enumerate(self.shown.trace.parts, 1):
            end = place + _nanoseconds(part.seconds)
            made.append(self._span(part.name, number, (place, end), self._of_part(part), failure=part.failure))
            place = end
        return made

    @property
    def _start(self) -> int:
        return self.facts.released_milliseconds * 1_000_000

    def _span(
        self, name: str, number: int, times: tuple[int, int], attributes: Mapping[str, Any], failure: str = ""
    ) -> Span:
        from mlflow.entities import Span
        from mlflow.tracing.constant import SpanAttributeKey
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import Status, StatusCode

        identity = trace_identity(self.facts.digest, self.shown.row.id)
        encoded = {key: json.dumps(value, ensure_ascii=False) for key, value in attributes.items() if value != ""}
        span = ReadableSpan(
            name=name,
            context=self._context(number),
            parent=self._context(0) if number else None,
            attributes={SpanAttributeKey.REQUEST_ID: json.dumps(identity), **encoded},
            status=Status(StatusCode.ERROR, failure) if failure else Status(StatusCode.OK),
            start_time=times[0],
            end_time=times[1],
        )
        return Span(span)

    def _of_exchange(self) -> dict[str, Any]:
        from mlflow.tracing.constant import SpanAttributeKey

        row, trace = self.shown.row, self.shown.trace
        return {
            SpanAttributeKey.SPAN_TYPE: "CHAIN",
            SpanAttributeKey.INPUTS: {"query": row.query},
            SpanAttributeKey.OUTPUTS: {"answer": row.answer, "outcome": row.outcome.value, "citations": row.citations},
            "roadworthy.retrieved": list(trace.retrieved),
            "roadworthy.guards": list(trace.guards),
        }

    def _of_part(self, part: TracedPart) -> dict[str, Any]:
        from mlflow.tracing.constant import SpanAttributeKey

        kind = _TYPES.get(part.name, "GUARDRAIL" if part.name.startswith("guard") else "UNKNOWN")
        kind = "LLM" if part.name.startswith("ask") else kind
        return {SpanAttributeKey.SPAN_TYPE: kind, SpanAttributeKey.OUTPUTS: part.detail}

    def _context(self, number: int) -> SpanContext:
        from opentelemetry.trace import SpanContext, TraceFlags

        trace = int(trace_identity(self.facts.digest, self.shown.row.id).removeprefix("tr-"), 16)
        span = int(_digest(self.facts.digest, self.shown.row.id, str(number))[:16], 16)
        return SpanContext(trace, span or 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _digest(*parts: str) -> str:
    return digest_bytes("\n".join(parts).encode())


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _SECOND)
