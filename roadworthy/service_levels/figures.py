"""The figures of each capability, release and arm: what came, how it ended, how long it took, what it cost."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# What the gateway turned away reached no release, and says nothing of one.
_QUERY = """
    WITH asked AS (
        SELECT *, len(list_filter(retrieved, lambda one: one.cited)) > 0 AS cites, len(retrieved) > 0 AS retrieves
        FROM events WHERE kind IN ('answer', 'prediction') AND ending <> 'rejected' AND release > 0
    ), thumbs AS (
        SELECT said.request AS id, arg_max(said.thumb, "at") FILTER (said.thumb <> '') AS thumb,
               arg_max(said.resolved, "at") FILTER (said.resolved IS NOT NULL) AS resolved
        FROM events WHERE kind = 'feedback' AND said IS NOT NULL GROUP BY said.request
    ), escalations AS (
        SELECT DISTINCT said.request AS id FROM events WHERE kind = 'escalation' AND said IS NOT NULL
    )
    SELECT capability, release, arm, count(*),
           count(*) FILTER (ending IN ('error', 'failed')), count(*) FILTER (ending = 'timeout'),
           count(*) FILTER (ending = 'cancelled'), count(*) FILTER (ending = 'refused'),
           count(*) FILTER (ending = 'unknown'), count(*) FILTER (ending IN ('answered', 'confirm')),
           count(*) FILTER (ending = 'answered' AND retrieves), count(*) FILTER (ending = 'answered' AND cites),
           count(escalations.id), count(*) FILTER (thumb = 'up'), count(*) FILTER (thumb = 'down'),
           count(*) FILTER (resolved), count(*) FILTER (NOT resolved),
           quantile_cont(seconds, [0.5, 0.95, 0.99]) FILTER (isfinite(seconds)),
           sum(prompt_tokens)::BIGINT, sum(completion_tokens)::BIGINT,
           list_sort(list(DISTINCT currency) FILTER (currency <> '')), coalesce(sum(cost), 0)
    FROM asked LEFT JOIN thumbs USING (id) LEFT JOIN escalations USING (id)
    GROUP BY capability, release, arm ORDER BY capability, release, arm
"""


@dataclass(frozen=True)
class Latency:
    """Quantiles, in seconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class ServiceFigures:
    """Counts of requests to one release on one arm. Every rate is None when there is nothing to divide by."""

    capability: str
    release: int
    arm: str
    requests: int
    errors: int
    """Ended in a 5xx, or in the safe template because a part did not work."""
    timeouts: int
    cancelled: int
    """The client went away: neither a success nor a failure."""
    refused: int
    unknown: int
    answered: int
    with_sources: int
    """Answers for which passages were retrieved."""
    cited: int
    """Answers that cite one of them."""
    escalated: int
    """A person was asked to look at it."""
    thumbs_up: int
    thumbs_down: int
    resolved: int
    unresolved: int
    latency: Latency | None
    prompt_tokens: int
    completion_tokens: int
    currencies: tuple[str, ...]
    """One usually; `cost` says nothing when there are several."""
    cost: Decimal

    @property
    def success_rate(self) -> float | None:
        """The part that ended well, of those whose client stayed."""
        ended = self.requests - self.cancelled
        return _rate(ended - self.errors - self.timeouts, ended)

    @property
    def timeout_rate(self) -> float | None:
        """The part whose deadline passed."""
        return _rate(self.timeouts, self.requests)

    @property
    def refusal_rate(self) -> float | None:
        """The part that was refused."""
        return _rate(self.refused, self.requests)

    @property
    def unknown_rate(self) -> float | None:
        """The part that was answered with "I don't know"."""
        return _rate(self.unknown, self.requests)

    @property
    def escalation_rate(self) -> float | None:
        """The part that was handed to a person."""
        return _rate(self.escalated, self.requests)

    @property
    def thumbs_up_rate(self) -> float | None:
        """The part of thumbs that are up."""
        return _rate(self.thumbs_up, self.thumbs_up + self.thumbs_down)

    @property
    def resolution_rate(self) -> float | None:
        """The part of matters that are settled, of those of which users say either."""
        return _rate(self.resolved, self.resolved + self.unresolved)

    @property
    def citation_rate(self) -> float | None:
        """The part that cites a source, of answers that had any."""
        return _rate(self.cited, self.with_sources)

    @property
    def tokens_per_request(self) -> float | None:
        """Prompt and completion together."""
        return _rate(self.prompt_tokens + self.completion_tokens, self.requests)

    @property
    def cost_per_request(self) -> Decimal | None:
        """In the one currency; None when there are several, or no request."""
        return self.cost / self.requests if self.requests and len(self.currencies) <= 1 else None


def figures_of(events: pa.Table) -> tuple[ServiceFigures, ...]:
    """Return the figures of a table that `read_events` returned of all capabilities.

    Of all, because what users say of an answer names the answer and not its capability. No line is no traffic.
    """
    # Late imports: start-up time.
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("events", events)
        rows = connection.execute(_QUERY).fetchall()
    return tuple(_figures(row) for row in rows)


def _figures(row: tuple[Any, ...]) -> ServiceFigures:
    # The columns stand in the order of the fields.
    given = dict(zip((field.name for field in fields(ServiceFigures)), row, strict=True))
    quantiles, currencies = given["latency"], given["currencies"]
    return ServiceFigures(
        **{**given, "latency": Latency(*quantiles) if quantiles else None, "currencies": tuple(currencies or ())}
    )


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
