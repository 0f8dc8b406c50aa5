"""What each five minutes came to: requests, and how many of them failed, were slow, dear or blocked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

INTERVAL = timedelta(minutes=5)
SECONDS = int(INTERVAL.total_seconds())
Wholes = NDArray[np.int64]


class Measure(StrEnum):
    """What may spike; each is a share of the interval's requests, so that one test does for all."""

    ERRORS = "errors"
    """Failed or timed out."""
    LATENCY = "latency"
    """Slower than `Limits.seconds`."""
    COST = "cost"
    """Dearer than `Limits.cost`."""
    BLOCKED = "blocked"
    """A guard held something back."""


@dataclass(frozen=True)
class Limits:
    """From where on a request counts as slow or dear."""

    seconds: float
    cost: float
    """In the capability's currency."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Intervals one after another, without gaps; what nobody asked in is 0."""

    begin: datetime
    """The first interval's begin, a multiple of five minutes of UTC."""
    requests: Wholes
    bad: dict[Measure, Wholes]

    def __len__(self) -> int:
        """How many intervals there are."""
        return len(self.requests)


def interval_before(moment: datetime) -> datetime:
    """Return the begin of the last interval that is over."""
    return datetime.fromtimestamp((int(moment.timestamp()) // SECONDS - 1) * SECONDS, UTC)


def count(events: pa.Table, capability: str, limits: Limits, begin: datetime, intervals: int) -> Counts:
    """Count `intervals` from `begin` on, from a table that `read_events` returned.

    A client that went away is no request here, and what the gateway turned away reached nothing. What has no latency
    (NaN) is slow.
    """
    # Late imports: start-up time.
    import duckdb

    query = """
        SELECT floor((epoch("at") - $begin) / $seconds)::BIGINT AS place, count(*),
               count(*) FILTER (ending IN ('error', 'failed', 'timeout')),
               count(*) FILTER (NOT coalesce(seconds <= $slow, false)),
               count(*) FILTER (coalesce(cost, 0) > $dear),
               count(*) FILTER (len(list_filter(guards, lambda one: one.verdict IN ('blocked', 'not_scanned'))) > 0)
        FROM events WHERE capability = $capability AND kind IN ('answer', 'prediction') AND release > 0
          AND ending NOT IN ('rejected', 'cancelled') GROUP BY place HAVING place >= 0 AND place < $intervals
    """
    given = {"begin": begin.timestamp(), "seconds": SECONDS, "slow": limits.seconds, "dear": limits.cost}
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("events", events)
        rows = connection.execute(query, {**given, "capability": capability, "intervals": intervals}).fetchall()
    table = np.zeros((intervals, 1 + len(Measure)), np.int64)
    for place, *figures in rows:
        table[place] = figures
    return Counts(begin, table[:, 0], {measure: table[:, 1 + at] for at, measure in enumerate(Measure)})


def ninety_fifth(events: pa.Table, capability: str) -> Limits | None:
    """Return the 95th percentiles of a day's latency and cost; None when nobody asked."""
    import duckdb

    query = """
        SELECT quantile_cont(seconds, 0.95) FILTER (isfinite(seconds)), quantile_cont(cost::DOUBLE, 0.95) FROM events
        WHERE capability = $capability AND kind IN ('answer', 'prediction') AND release > 0
          AND ending NOT IN ('rejected', 'cancelled')
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("events", events)
        seconds, cost = connection.execute(query, {"capability": capability}).fetchall()[0]
    return None if seconds is None else Limits(float(seconds), float(cost or 0))
