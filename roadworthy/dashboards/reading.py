"""Reads the panels' figures from telemetry, a day at a time: memory does not grow with the time that is shown."""

# Late imports: start-up time.
from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from roadworthy.dashboards.buckets import Buckets, buckets_of
from roadworthy.dashboards.figures import Drawing, Figure, Series
from roadworthy.dashboards.panels.interface import Panel, Source
from roadworthy.telemetry.reading import Window

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MOST_SERIES = 12
"""So many a panel; more can't be told apart."""
_MACROS = """
    CREATE TEMP TABLE named (capability VARCHAR);
    CREATE TEMP MACRO part(n, whole) AS n / nullif(whole, 0);
"""
# A capability that no release has may be anybody's invention, and is not shown by its name.
_REQUESTS = """
    CREATE OR REPLACE TEMP TABLE known AS
        SELECT capability FROM events WHERE release > 0 UNION SELECT capability FROM named;
    CREATE OR REPLACE TEMP VIEW requests AS SELECT
        epoch_us("at") // {length} AS bucket, kind, ending, seconds, first_text_seconds, problem, cached,
        fallback, prompt_tokens, completion_tokens, cost, currency, parts, guards, calls,
        CASE WHEN capability IN (FROM known) THEN capability ELSE '' END AS capability,
        CASE WHEN release > 0 THEN release::VARCHAR ELSE '' END AS release,
        CASE WHEN release > 0 THEN arm ELSE '' END AS arm,
        coalesce(said.thumb, '') AS thumb, said.resolved AS resolved,
        len(retrieved) > 0 AS retrieves, len(list_filter(retrieved, lambda one: one.cited)) > 0 AS cites
    FROM events
"""
_SOURCES = {
    Source.REQUESTS: "requests",
    Source.PARTS: "(SELECT bucket, capability, one.name AS part, one.seconds, one.failure"
    " FROM requests, unnest(parts) AS each(one))",
    Source.GUARDS: "(SELECT bucket, capability, one.guard, one.place, one.verdict"
    " FROM requests, unnest(guards) AS each(one))",
    Source.CALLS: "(SELECT bucket, capability, one.tool, one.verdict FROM requests, unnest(calls) AS each(one))",
}


@dataclass(frozen=True)
class Readings:
    """All figures of a time window."""

    window: Window
    step: timedelta
    events: int
    """Requests that were recorded."""
    figures: tuple[Figure, ...]


def read_panels(
    events_of: Callable[[Window], pa.Table],
    window: Window,
    panels: Iterable[Panel],
    capabilities: Iterable[str] = (),
) -> Readings:
    """Return the figures of `panels`; `events_of` returns the events of one UTC day, of all capabilities.

    Each day is read once, and panels with the same source and labels are one pass of DuckDB over it.
    `capabilities` may be named though no request of a day reached a release of them. Raises as `events_of` does.
    """
    import duckdb

    buckets, sets, count = buckets_of(window), _alike(panels), 0
    found = _Found(buckets)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(_MACROS)
        connection.execute("INSERT INTO named SELECT unnest(?::VARCHAR[])", [list(capabilities)])
        for day in _days(window):
            count += _read_day(connection, events_of(day), sets, found)
    return Readings(window, buckets.step, count, tuple(found.figure(panel) for one in sets for panel in one))


def _alike(panels: Iterable[Panel]) -> list[list[Panel]]:
    """Return those that one query answers, together."""

    def answered_by(panel: Panel) -> tuple[str, tuple[str, ...]]:
        return panel.source.value, panel.by

    return [list(group) for _, group in groupby(sorted(panels, key=answered_by), key=answered_by)]


def _days(window: Window) -> Iterator[Window]:
    since = window.since.astimezone(UTC)
    while since < window.until:
        midnight = datetime.combine(since.date(), time(), UTC) + timedelta(days=1)
        yield Window(since, min(midnight, window.until))
        since = midnight


def _read_day(connection: duckdb.DuckDBPyConnection, events: pa.Table, sets: list[list[Panel]], found: _Found) -> int:
    connection.register("events", events)
    connection.execute(_REQUESTS.format(length=found.buckets.microseconds))
    for panels in sets:
        for row in connection.execute(_query(panels)).fetchall():
            found.keep(panels, row)
    connection.unregister("events")
    return len(events)


def _query(panels: list[Panel]) -> str:
    columns = ", ".join(("bucket", *panels[0].by))
    measures = ", ".join(measure.sql for panel in panels for measure in panel.measures)
    # All of it stands in our own definitions of the panels.
    return f"SELECT {columns}, {measures} FROM {_SOURCES[panels[0].source]} GROUP BY {columns}"  # noqa: S608


class _Found:
    """Values by panel, series and bucket."""

    def __init__(self, buckets: Buckets) -> None:
        self.buckets = buckets
        self._values: dict[str, dict[tuple[str, str], dict[int, float]]] = defaultdict(lambda: defaultdict(dict))

    def keep(self, panels: list[Panel], row: tuple[Any, ...]) -> None:
        """Keep a row of the query that answers `panels`."""
        by = panels[0].by
        labels, values = tuple(one or "none" for one in row[1 : len(by) + 1]), iter(row[len(by) + 1 :])
        capability = row[1] if by[0] == "capability" else ""
        for panel in panels:
            for measure in panel.measures:
                value = next(values)
                # Telemetry holds what a gateway measured, and a clock may have jumped.
                if value is not None and math.isfinite(value):
                    name = " · ".join((*labels, measure.name) if measure.name else labels)
                    self._values[panel.key][name, capability][row[0]] = float(value) / self._lengths(panel, row[0])

    def _lengths(self, panel: Panel, bucket: int) -> float:
        """Return how often the time of the panel's unit goes into a bucket."""
        return 1.0 if panel.unit.minutes is None else self.buckets.minutes(bucket) / panel.unit.minutes

    def figure(self, panel: Panel) -> Figure:
        """Return what a panel shows."""
        found, numbers = self._values[panel.key], self.buckets.numbers
        # A minute without requests has none of them; but it has no latency, and no share of anything.
        empty = None if panel.unit.minutes is None else 0.0
        largest = sorted(found, key=lambda key: (-sum(found[key].values()), key))
        series = tuple(
            Series(name, capability, tuple(found[name, capability].get(number, empty) for number in numbers))
            for name, capability in largest[:MOST_SERIES]
        )
        left_out = len(largest) - len(series)
        return Figure(
            panel.key, panel.title, panel.says, panel.unit, Drawing.LINES, self.buckets.moments, series, left_out
        )
