"""Real exchanges of a night, and which of them are looked at."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.exchange.interface import Outcome
from roadworthy.telemetry.event import Content, Event, Kind
from roadworthy.telemetry.rows import contents_of, events_of

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 200
"""So many of each release and arm are looked at: enough for intervals of ±.03 or so."""
_ENDED = frozenset(outcome.value for outcome in Outcome if outcome is not Outcome.FAILED)
"""A safe template says nothing of the assistant."""


@dataclass(frozen=True)
class Group:
    """A release on one arm."""

    release: int
    arm: str


@dataclass(frozen=True)
class Exchange:
    """What was asked and answered, both redacted, and how it came about."""

    event: Event
    content: Content


@dataclass(frozen=True)
class Sample:
    """What is looked at of a night."""

    counts: Mapping[Group, int]
    """How many exchanges each group had, with or without contents."""
    kept: Mapping[Group, int]
    """Of how many the contents were kept."""
    chosen: Mapping[Group, tuple[Exchange, ...]]


def sample(events: pa.Table, contents: pa.Table, most: int = MOST) -> Sample:
    """Choose at most so many exchanges of each group, from tables of one capability.

    By a digest of their ids: always the same ones, which nobody chose.
    """
    asked = [event for event in events_of(events) if event.kind is Kind.ANSWER and event.ending.value in _ENDED]
    known = {content.id: content for content in contents_of(contents)}
    found: dict[Group, list[Exchange]] = defaultdict(list)
    for event in asked:
        if event.id in known and known[event.id].answer:
            found[_group(event)].append(Exchange(event, known[event.id]))
    chosen = {group: tuple(sorted(own, key=_turn)[:most]) for group, own in found.items()}
    return Sample(Counter(map(_group, asked)), {group: len(own) for group, own in found.items()}, chosen)


def _group(event: Event) -> Group:
    return Group(event.release, event.arm)


def _turn(exchange: Exchange) -> str:
    return hashlib.sha256(exchange.event.id.encode()).hexdigest()
