"""Queries with which users were not served well: a thumb down, a matter not settled, a person who had to take over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from roadworthy.evaluation.adding import Redacted, Sieve, draft_of, tidy
from roadworthy.telemetry.event import Event, Kind
from roadworthy.telemetry.rows import contents_of, events_of

if TYPE_CHECKING:
    import pyarrow as pa


class Why(StrEnum):
    """What somebody said."""

    THUMBS_DOWN = "thumbs_down"
    UNRESOLVED = "unresolved"
    ESCALATED = "escalated"


@dataclass(frozen=True)
class Candidate:
    """One query, anonymised, that may become a part of an evaluation set."""

    id: str
    """That of its draft: the same text has the same id."""
    query: str
    why: tuple[Why, ...]
    times: int
    """So many requests asked just this."""
    release: int
    """Which answered last."""
    last: date


@dataclass(frozen=True)
class Asked:
    """A request that somebody was not content with."""

    event: Event
    why: frozenset[Why]


def complaints(events: pa.Table, capability: str) -> tuple[Asked, ...]:
    """Return the requests of a capability that somebody was not content with, by time.

    The table is one of all capabilities: what users say of an answer names the answer and not its capability.
    """
    reasons: dict[str, set[Why]] = defaultdict(set)
    asked: list[Event] = []
    for event in events_of(events):
        if event.kind is Kind.ANSWER and event.capability == capability:
            asked.append(event)
        elif event.said is not None:
            reasons[event.said.request].update(_why(event))
    return tuple(Asked(event, frozenset(reasons[event.id])) for event in asked if reasons.get(event.id))


def questions_of(contents: pa.Table) -> Mapping[str, str]:
    """Return the question of each request whose contents are kept."""
    return {content.id: content.question for content in contents_of(contents) if content.question}


def candidates(
    found: Iterable[Asked],
    question: Callable[[str], str],
    existing: Iterable[str],
    redact: Callable[[str], Redacted],
    decided: frozenset[str] = frozenset(),
) -> tuple[Candidate, ...]:
    """Return what waits for a person: the most frequent first; without what a set or its drafts nearly hold.

    `question` gives a request's text, empty when it is not kept; each text goes through `redact` before anything else
    sees it. `decided` are the ids of those that somebody took or left.
    """
    by_text: dict[str, list[Asked]] = defaultdict(list)
    for one in found:
        if text := tidy(redact(question(one.event.id)).text):
            by_text[text].append(one)
    waiting = sorted((_candidate(text, own) for text, own in by_text.items()), key=lambda one: (-one.times, one.id))
    sieve = Sieve(existing)
    return tuple(one for one in waiting if one.id not in decided and sieve.keeps(one.query))


def _candidate(text: str, own: list[Asked]) -> Candidate:
    last = max((one.event for one in own), key=lambda event: (event.at, event.id))
    why = sorted({reason for one in own for reason in one.why})
    return Candidate(draft_of(text).id, text, tuple(why), len(own), last.release, last.at.date())


def _why(event: Event) -> Iterator[Why]:
    if event.kind is Kind.ESCALATION:
        yield Why.ESCALATED
    elif event.kind is Kind.FEEDBACK and event.said is not None:
        if event.said.thumb == "down":
            yield Why.THUMBS_DOWN
        if event.said.resolved is False:
            yield Why.UNRESOLVED
