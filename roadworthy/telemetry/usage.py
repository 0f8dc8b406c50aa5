"""What was asked of each release: how much, how it ended, how fast it was, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_QUERY = """
    SELECT capability, release, arm, count(*),
           map_entries(histogram(ending)),
           quantile_cont(seconds, [0.5, 0.95, 0.99]),
           sum(prompt_tokens)::BIGINT, sum(completion_tokens)::BIGINT,
           sum(cost), max(currency)
    FROM events GROUP BY capability, release, arm, currency ORDER BY capability, release, arm, currency
"""


@dataclass(frozen=True)
class Usage:
    """The requests to one release on one arm, paid in one currency; latencies are in seconds."""

    capability: str
    release: int
    """0 for requests that never came to a release."""
    arm: str
    requests: int
    endings: Mapping[str, int]
    """By ending, how many."""
    p50: float
    p95: float
    p99: float
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    currency: str


def usage_of(events: pa.Table) -> tuple[Usage, ...]:
    """Return the usage by capability, release and arm of a table that `read_events` returned."""
    # Late imports: start-up time.
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("events", events)
        rows = connection.execute(_QUERY).fetchall()
    return tuple(_usage(*row) for row in rows)


def _usage(
    capability: str, release: int, arm: str, requests: int, endings: list[Mapping[str, int]],
    quantiles: list[float], prompt: int, completion: int, cost: Decimal, currency: str,
) -> Usage:  # fmt: skip
    counts = {str(one["key"]): one["value"] for one in endings}
    p50, p95, p99 = quantiles
    return Usage(
        capability, release, arm, requests, counts, p50, p95, p99, prompt, completion, cost.normalize(), currency
    )  # fmt: skip
