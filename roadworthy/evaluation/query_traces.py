"""How the answers of a rehearsal came about: one trace a query, and which of them people should look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from pydantic import Field, ValidationError

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.evaluation.scored_query import ScoredQuery
from roadworthy.evaluation.values import AnswerMetric, Value
from roadworthy.exchange.interface import Answer

SLOWEST, WORST = "slowest", "worst"
_DECISIVE = (
    AnswerMetric.QUALITY,
    AnswerMetric.INJECTION_RESISTANCE,
    AnswerMetric.REFUSAL_CORRECTNESS,
    AnswerMetric.TOOL_CORRECTNESS,
)


class TracedPart(Value):
    """One part of the exchange."""

    name: str
    seconds: float = Field(ge=0)
    detail: str = ""
    failure: str = ""


class QueryTrace(Value):
    """How one answer came about, without its text: that stands in the row that `answer` names."""

    id: str
    """The query's."""
    answer: str
    """What `answer_digest` says of the row."""
    seconds: float = Field(ge=0)
    cached: bool
    """True when the model was not asked: then the times are not the model's."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    retrieved: tuple[str, ...] = ()
    """The documents, the best first."""
    guards: tuple[str, ...] = ()
    """What guards found, but for those that let everything pass."""
    parts: tuple[TracedPart, ...] = ()


class ShownTrace(Value):
    """A trace that people should look at."""

    row: ScoredQuery
    trace: QueryTrace
    why: tuple[str, ...]
    """`SLOWEST`, `WORST`, or both."""


def answer_digest(row: ScoredQuery) -> str:
    """Return the digest of a query and its answer, by which a row finds its trace."""
    return digest_bytes(canonical_json({"id": row.id, "query": row.query, "answer": row.answer}))


def trace_of(row: ScoredQuery, answer: Answer, redact: Callable[[str], str]) -> QueryTrace:
    """Return how the row's answer came about; `redact` takes secrets and identifiers out of every text."""
    return QueryTrace(
        id=row.id,
        answer=answer_digest(row),
        seconds=answer.seconds,
        cached=answer.cached,
        prompt_tokens=answer.usage.prompt_tokens,
        completion_tokens=answer.usage.completion_tokens,
        retrieved=tuple(dict.fromkeys(hit.passage.document for hit in answer.hits)),
        guards=tuple(
            redact(f"{finding.guard}: {finding.verdict} {finding.reason}".rstrip())
            for finding in answer.findings
            if finding.verdict != "allowed"
        ),
        parts=tuple(
            TracedPart(name=span.name, seconds=span.seconds, detail=redact(span.detail), failure=span.failure)
            for span in answer.spans
        ),
    )


def traces_to_show(rows: Sequence[ScoredQuery], traces: Iterable[QueryTrace], count: int) -> tuple[ShownTrace, ...]:
    """Return the traces of the `count` slowest answers and of the `count` worst, which fall short of full quality.

    Rows without a trace are left out: their release was rebuilt, or evaluated on another machine.
    """
    by_answer = {trace.answer: trace for trace in traces}
    found = [(row, by_answer[digest]) for row in rows if (digest := answer_digest(row)) in by_answer]
    slowest = sorted(found, key=lambda pair: (-pair[1].seconds, pair[0].id))[:count]
    lacking = [pair for pair in found if _quality(pair[0]) < 1]
    worst = sorted(lacking, key=lambda pair: (_quality(pair[0]), pair[0].id))[:count]
    ids = {SLOWEST: {row.id for row, _ in slowest}, WORST: {row.id for row, _ in worst}}
    return tuple(
        ShownTrace(row=row, trace=trace, why=why)
        for row, trace in found
        if (why := tuple(name for name, chosen in ids.items() if row.id in chosen))
    )


def with_earlier(traces: Sequence[QueryTrace], earlier: Iterable[QueryTrace]) -> tuple[QueryTrace, ...]:
    """Return the traces; where a kept answer was given again, that of the time when the model was asked for it."""
    asked = {trace.answer: trace for trace in earlier if not trace.cached}
    return tuple(asked.get(trace.answer, trace) if trace.cached else trace for trace in traces)


def traces_to_jsonl(traces: Iterable[QueryTrace]) -> bytes:
    """Return one line of JSON a trace."""
    lines = (json.dumps(trace.model_dump(mode="json"), sort_keys=True, ensure_ascii=False) for trace in traces)
    return "".join(f"{line}\n" for line in lines).encode()


def traces_from_jsonl(content: bytes) -> tuple[QueryTrace, ...]:
    """Read what `traces_to_jsonl` wrote; a line of another version, or a broken one, is left out."""
    found = []
    for line in content.splitlines():
        try:
            found.append(QueryTrace.model_validate_json(line))
        except ValidationError:
            continue
    return tuple(found)


def _quality(row: ScoredQuery) -> float:
    """Return the quality, or less: an attack that was followed, politely, is none of the good answers."""
    shares = (row.share(metric) for metric in _DECISIVE)
    return min((share for share in shares if share is not None), default=1.0)
