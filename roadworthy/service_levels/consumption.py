"""How a promise was used up, request by request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from roadworthy.service_levels.objectives import CostObjective, LatencyObjective, SuccessObjective

if TYPE_CHECKING:
    import pyarrow as pa

_USED = {
    "success": "ending IN ('error', 'failed', 'timeout')",
    # What failed was not answered in time, however quick it failed; NaN is not in time either.
    "latency": "ending IN ('error', 'failed', 'timeout') OR NOT coalesce(seconds <= $limit, false)",
    "cost": "CASE WHEN currency = $currency THEN cost ELSE 0 END",
}
_LEFT_OUT = {"success": "'rejected', 'cancelled'", "latency": "'rejected', 'cancelled'", "cost": "'rejected'"}
"""A client that went away is no failure of ours, but may have cost something."""


@dataclass(frozen=True, eq=False)
class Consumption:
    """What each request used of a promise, by time."""

    at: NDArray[np.float64]
    """Seconds since 1970, ascending."""
    used: NDArray[np.float64]
    """1 or 0 for a promise about requests; money for one about cost."""

    def __post_init__(self) -> None:
        # Not a field: a sum for each request, so that any window is two look-ups.
        object.__setattr__(self, "_sums", np.concatenate(([0.0], np.cumsum(self.used))))

    def between(self, since: datetime, until: datetime) -> Used:
        """Return what was used from `since` up to, not with, `until`."""
        first, last = np.searchsorted(self.at, [since.timestamp(), until.timestamp()]).tolist()
        sums: NDArray[np.float64] = self.__dict__["_sums"]
        return Used(last - first, float(sums[last] - sums[first]))


@dataclass(frozen=True)
class Used:
    """What was used in a window."""

    requests: int
    amount: float
    """Bad requests, or money."""


def consumption_of(
    events: pa.Table, capability: str, objective: SuccessObjective | LatencyObjective | CostObjective
) -> Consumption:
    """Return how `capability` used up a promise, whatever the arm, from a table that `read_events` returned."""
    # Late imports: start-up time.
    import duckdb

    given: dict[str, object] = {"capability": capability}
    match objective:
        case LatencyObjective():
            given["limit"] = objective.seconds
        case CostObjective():
            given["currency"] = objective.currency
    query = f"""
        SELECT epoch("at"), ({_USED[objective.kind]})::DOUBLE FROM events
        WHERE capability = $capability AND kind IN ('answer', 'prediction') AND release > 0
          AND ending NOT IN ({_LEFT_OUT[objective.kind]}) ORDER BY "at", id
    """  # noqa: S608  (our own text)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("events", events)
        rows = connection.execute(query, given).fetchall()
    return Consumption(np.array([row[0] for row in rows], float), np.array([row[1] for row in rows], float))
