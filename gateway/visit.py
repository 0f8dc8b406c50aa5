"""One request on its way through the gateway: what is noted of it, and the event that it leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.tracing.interface import Trace
from roadworthy.drift.kinds.output_shapes import schema_of_text
from roadworthy.providers.fallback import Fallback
from roadworthy.telemetry.event import (
    Called,
    Content,
    Ending,
    Event,
    GuardVerdict,
    Kind,
    Part,
    Prompted,
    Retrieved,
    Returned,
    Said,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from roadworthy.exchange.interface import Answer
    from roadworthy.telemetry.pseudonyms import Pseudonyms


@dataclass(eq=False)
class Visit:
    """Filled in by whoever works on the request; read once, when it has ended."""

    id: str
    started: float = field(default_factory=time.monotonic)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    deadline: float = float("inf")
    """By the clock of `time.monotonic`."""
    kind: Kind = Kind.OTHER
    tenant: str = ""
    """The tenant's name; the event gets its pseudonym."""
    key: str = ""
    user: str = ""
    conversation: str = ""
    capability: str = ""
    release: int = 0
    digest: str = ""
    arm: str = ""
    ending: Ending | None = None
    status: int = 0
    problem: str = ""
    streamed: bool = False
    first_text_seconds: float | None = None
    parts: list[Part] = field(default_factory=list)
    answer: Answer | None = None
    fallback: Fallback = ""
    cost: Decimal = Decimal(0)
    currency: str = ""
    cached: bool = False
    rows: int = 0
    scores: tuple[float, ...] = ()
    keys: tuple[str, ...] = ()
    """Digests of the keys by which labels will name the rows."""
    said: Said | None = None
    content: Content | None = None
    trace: Trace = field(default_factory=Trace)
    """Its place in a trace; all zero when there is none."""

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a part of the work; kept also when it raises."""
        started, failure = time.perf_counter(), ""
        try:
            yield
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            self.parts.append(Part(name, time.perf_counter() - started, failure))

    @property
    def seconds(self) -> float:
        """How long it has been here."""
        return time.monotonic() - self.started


def visit_of(request: Request) -> Visit:
    """Return what is noted of `request`."""
    visit: Visit = request.scope["state"]["visit"]
    return visit


def event_of(visit: Visit, whose: Pseudonyms) -> Event:
    """Return the event of a request that has ended."""
    answer = visit.answer
    cited = frozenset(answer.citations) if answer else frozenset()
    return Event(
        id=visit.id,
        at=visit.at,
        kind=visit.kind,
        ending=visit.ending or _ending(visit.status),
        status=visit.status,
        seconds=visit.seconds,
        tenant=whose.tenant,
        user=whose.user,
        conversation=whose.conversation,
        capability=visit.capability,
        release=visit.release,
        digest=visit.digest,
        arm=visit.arm,
        problem=visit.problem,
        streamed=visit.streamed,
        first_text_seconds=visit.first_text_seconds,
        parts=(*visit.parts, *_parts(answer)),
        prompt_tokens=answer.usage.prompt_tokens if answer else 0,
        completion_tokens=answer.usage.completion_tokens if answer else 0,
        cost=visit.cost,
        currency=visit.currency,
        cached=visit.cached,
        fallback=visit.fallback,
        guards=tuple(
            GuardVerdict(finding.place.value, finding.guard, finding.verdict.value, finding.seconds)
            for finding in (answer.findings if answer else ())
        ),
        retrieved=tuple(
            Retrieved(hit.passage.document, hit.passage.start, hit.score, hit.passage.document in cited)
            for hit in (answer.hits if answer else ())
        ),
        calls=tuple(
            Called(call.call.tool, call.verdict.value, call.arguments_digest)
            for call in (answer.calls if answer else ())
        ),
        rows=visit.rows,
        said=visit.said,
        prompts=tuple(
            Prompted(one.name, one.version, one.instructions, one.characters)
            for one in (answer.prompts if answer else ())
        ),
        outputs=tuple(
            Returned(call.call.tool, schema_of_text(call.output), len(call.output))
            for call in (answer.calls if answer else ())
            if call.output
        ),
        scores=visit.scores,
        keys=visit.keys,
    )


def _parts(answer: Answer | None) -> tuple[Part, ...]:
    return tuple(Part(span.name, span.seconds, span.failure) for span in answer.spans) if answer else ()


def _ending(status: int) -> Ending:
    if status >= 500:
        return Ending.ERROR
    return Ending.REJECTED if status >= 400 else Ending.NOTED
