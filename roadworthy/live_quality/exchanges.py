"""Real exchanges of a night, and which of them are looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
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


# The digest of an id is a turn that nobody chose. What nobody looks at is counted where it lies, and never read.
_ASKED = """
    SELECT asked.id, asked.release, asked.arm, said.id IS NOT NULL AS kept,
           row_number() OVER (
               PARTITION BY asked.release, asked.arm, said.id IS NOT NULL ORDER BY sha256(asked.id)
           ) AS turn
    FROM events AS asked
    LEFT JOIN (SELECT DISTINCT id FROM contents WHERE answer <> '') AS said ON said.id = asked.id
    WHERE asked.kind = $answer AND asked.ending IN (SELECT unnest($endings))
"""
_COUNTS = f"SELECT release, arm, count(*), count(*) FILTER (kept) FROM ({_ASKED}) GROUP BY ALL ORDER BY ALL"  # noqa: S608
_CHOSEN = f"SELECT id FROM ({_ASKED}) WHERE kept AND turn <= $most ORDER BY turn, id"  # noqa: S608  (our own text)


def sample(events: pa.Table, contents: pa.Table, most: int = MOST) -> Sample:
    """Choose at most so many exchanges of each group, from tables of one capability.

    By a digest of their ids: always the same ones, which nobody chose.
    """
    # Late imports: start-up time.
    import duckdb

    given = {"answer": Kind.ANSWER.value, "endings": sorted(_ENDED)}
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("events", events)
        connection.register("contents", contents)
        counts = connection.execute(_COUNTS, given).fetchall()
        ids = [one for (one,) in connection.execute(_CHOSEN, given | {"most": most}).fetchall()]
    chosen: dict[Group, list[Exchange]] = defaultdict(list)
    for exchange in _read(events, contents, ids):
        chosen[Group(exchange.event.release, exchange.event.arm)].append(exchange)
    return Sample(
        {Group(release, arm): asked for release, arm, asked, _ in counts},
        {Group(release, arm): kept for release, arm, _, kept in counts if kept},
        {group: tuple(own) for group, own in chosen.items()},
    )


def _read(events: pa.Table, contents: pa.Table, ids: list[str]) -> Iterator[Exchange]:
    """Yield the exchanges with these ids, in their order."""
    event_by_id = {one.id: one for one in events_of(_only(events, ids))}
    content_by_id = {one.id: one for one in contents_of(_only(contents, ids))}
    return (Exchange(event_by_id[one], content_by_id[one]) for one in ids)


def _only(table: pa.Table, ids: list[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["id"], value_set=pa.array(ids, table["id"].type)))
