"""What events say about a canary: the observations of each metric, and what came at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from roadworthy.canary.sequential.interface import Batch
from roadworthy.canary.settings import CanaryMetric
from roadworthy.canary.verdict import Traffic

if TYPE_CHECKING:
    import pyarrow as pa

# A kept answer is quick and free in the arm whose answers have been kept for longer: a new release has none yet.
_ASKED = """
    SELECT id, "at", arm = 'canary' AS in_canary, ending, seconds, cost::DOUBLE AS cost, cached,
           len(list_filter(guards, lambda one: one.verdict IN ('blocked', 'not_scanned'))) > 0 AS blocked,
           row_number() OVER (
               PARTITION BY arm, tenant, coalesce(nullif("user", ''), nullif(conversation, ''), id) ORDER BY "at", id
           ) AS turn
    FROM events
    WHERE kind IN ('answer', 'prediction') AND ending <> 'rejected' AND capability = $capability
      AND (arm = 'production' OR arm = 'canary' AND release = $release)
"""
_REQUESTS = f"""
    WITH asked AS ({_ASKED})
    SELECT in_canary, ending, seconds, cost, cached, blocked FROM asked WHERE turn <= $most ORDER BY "at", id
"""  # noqa: S608  (our own text)
_SAID = f"""
    WITH asked AS ({_ASKED})
    SELECT asked.in_canary, said.said.thumb AS thumb, said.said.resolved AS resolved
    FROM events AS said JOIN asked ON said.said.request = asked.id
    WHERE said.kind = 'feedback' AND asked.turn <= $most
    QUALIFY row_number() OVER (PARTITION BY asked.id ORDER BY said."at", said.id) = 1
    ORDER BY said."at", said.id
"""  # noqa: S608
_TRAFFIC = f"""
    WITH asked AS ({_ASKED})
    SELECT count(*) FILTER (in_canary AND "at" >= $share_since),
           max("at") FILTER (in_canary), max("at") FILTER (NOT in_canary) FROM asked
"""  # noqa: S608
_NOT_ANSWERED = ("failed", "error", "timeout", "cancelled")
_TOLD_HOW_LONG = ("answered", "refused", "unknown", "confirm", "predicted", "timeout", "cancelled")
"""A request that failed may have been quick about it; one that was given up took at least so long."""


@dataclass(frozen=True)
class Canary:
    """Which canary is looked at."""

    capability: str
    release: int
    share_since: datetime
    """Since when it has had its present share."""


def observe(events: pa.Table, canary: Canary, most_per_person: int) -> Mapping[CanaryMetric, Batch]:
    """Return each metric's observations, by time, from a table that `read_events` returned of all capabilities.

    All, because what users say of an answer names the answer and not its capability.
    """
    given = {"capability": canary.capability, "release": canary.release, "most": most_per_person}
    return _of_requests(_rows(events, _REQUESTS, given)) | _of_feedback(_rows(events, _SAID, given))


def traffic_of(events: pa.Table, canary: Canary) -> Traffic:
    """Return what came at all."""
    given = {"capability": canary.capability, "release": canary.release, "share_since": canary.share_since}
    with _connected(events) as connection:
        row = connection.execute(_TRAFFIC, given).fetchone()
    return Traffic(canary_requests=row[0], canary_latest=row[1], production_latest=row[2])


def _of_requests(table: pa.Table) -> dict[CanaryMetric, Batch]:
    import numpy as np

    in_canary, cached, blocked = (_column(table, name).astype(bool) for name in ("in_canary", "cached", "blocked"))
    ending, seconds, cost = (_column(table, name) for name in ("ending", "seconds", "cost"))
    timed = np.isin(ending, _TOLD_HOW_LONG) & ~cached & np.isfinite(seconds.astype(float))
    latency = Batch(in_canary[timed], seconds[timed].astype(float))
    return {
        CanaryMetric.ERRORS: Batch(in_canary, np.isin(ending, _NOT_ANSWERED).astype(float)),
        CanaryMetric.LATENCY_P50: latency,
        CanaryMetric.LATENCY_P95: latency,
        CanaryMetric.COST: Batch(in_canary[~cached], cost[~cached].astype(float)),
        CanaryMetric.BLOCKED: Batch(in_canary, blocked.astype(float)),
        CanaryMetric.REFUSED: Batch(in_canary, (ending == "refused").astype(float)),
        CanaryMetric.UNKNOWN: Batch(in_canary, (ending == "unknown").astype(float)),
    }


def _of_feedback(table: pa.Table) -> dict[CanaryMetric, Batch]:
    import numpy as np

    in_canary, thumb = _column(table, "in_canary").astype(bool), _column(table, "thumb")
    resolved = np.array(table["resolved"].to_pylist(), object)
    rated, settled = np.isin(thumb, ("up", "down")), np.array([one is not None for one in resolved], bool)
    return {
        CanaryMetric.THUMBS_DOWN: Batch(in_canary[rated], (thumb[rated] == "down").astype(float)),
        CanaryMetric.UNRESOLVED: Batch(in_canary[settled], 1 - resolved[settled].astype(float)),
    }


def _column(table: pa.Table, name: str) -> Any:
    return table[name].to_numpy(zero_copy_only=False)


def _rows(events: pa.Table, query: str, given: Mapping[str, object]) -> pa.Table:
    with _connected(events) as connection:
        return connection.sql(query, params=given).to_arrow_table()


def _connected(events: pa.Table) -> Any:
    # Late imports: start-up time.
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    connection.execute("set TimeZone = 'UTC'")
    connection.register("events", events)
    return connection
