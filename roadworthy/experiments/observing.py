"""What events say of the people in an experiment: who met which arm, and each person's measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from roadworthy.canary.sequential.interface import Batch, Flags
from roadworthy.experiments.plan import ExperimentPlan
from roadworthy.release.experiment_metric import ExperimentMetric
from roadworthy.serving.route import CONTROL, TREATMENT

if TYPE_CHECKING:
    import pyarrow as pa

# People count by their first hour with a metric: then a value is final, as a sequential test needs it.
# Who meets both arms stays in the one that was met first. Rejected requests tell who was sent where, no more.
_REQUESTS = """
    WITH sent AS (
        SELECT *, tenant || '/' || coalesce(nullif("user", ''), nullif(conversation, ''), id) AS person
        FROM events
        WHERE kind IN ('answer', 'prediction') AND capability = $capability AND arm IN ($control, $treatment)
          AND "at" >= $since AND "at" < $until
    ), people AS (
        SELECT person, arg_min(arm, ("at", id)) = $treatment AS treated, min("at") AS came,
               count(DISTINCT arm) > 1 AS crossed
        FROM sent GROUP BY person
    ), asked AS (
        SELECT sent.*, people.treated FROM sent JOIN people USING (person)
        WHERE ending <> 'rejected' AND (arm = $treatment) = people.treated
    )
"""
_PEOPLE = f"{_REQUESTS} SELECT treated, crossed FROM people ORDER BY came, person"  # noqa: S608  (our own text)
_PAID = f"{_REQUESTS} SELECT DISTINCT currency FROM asked WHERE cost <> 0 AND NOT cached ORDER BY currency"  # noqa: S608
_FEEDBACK = """
    SELECT asked.person, asked.treated, said."at", {value} AS value
    FROM asked JOIN (
        SELECT said, "at" FROM events WHERE kind = 'feedback' AND {given}
        QUALIFY row_number() OVER (PARTITION BY said.request ORDER BY "at", id) = 1
    ) AS said ON said.said.request = asked.id
"""
_ASKED = 'SELECT person, treated, "at", {value} AS value FROM asked WHERE {counts}'
_FRESH = "NOT cached"
_MEASURES: Mapping[ExperimentMetric, str] = {
    ExperimentMetric.SUCCESS: _ASKED.format(
        value="(ending NOT IN ('failed', 'error', 'timeout'))::DOUBLE", counts="ending <> 'cancelled'"
    ),
    ExperimentMetric.REFUSED: _ASKED.format(value="(ending = 'refused')::DOUBLE", counts="ending <> 'cancelled'"),
    ExperimentMetric.UNKNOWN: _ASKED.format(value="(ending = 'unknown')::DOUBLE", counts="ending <> 'cancelled'"),
    # What failed may have been quick about it; and a new release has no kept answers yet.
    ExperimentMetric.LATENCY: _ASKED.format(
        value="seconds", counts=f"isfinite(seconds) AND seconds >= 0 AND ending NOT IN ('failed', 'error') AND {_FRESH}"
    ),
    ExperimentMetric.COST: _ASKED.format(value="cost::DOUBLE", counts=_FRESH),
    ExperimentMetric.TOKENS: _ASKED.format(value="(prompt_tokens + completion_tokens)::DOUBLE", counts=_FRESH),
    ExperimentMetric.THUMBS: _FEEDBACK.format(
        value="(said.said.thumb = 'up')::DOUBLE", given="said.thumb IN ('up', 'down')"
    ),
    ExperimentMetric.RESOLVED: _FEEDBACK.format(value="said.said.resolved::DOUBLE", given="said.resolved IS NOT NULL"),
}
_OF_PEOPLE = """
    {requests}, measured AS ({measure}), begun AS (
        SELECT *, min("at") OVER (PARTITION BY person) AS began FROM measured
    ), settled AS (
        SELECT person, treated, began, avg(value) FILTER ("at" < began + INTERVAL 1 HOUR) AS value
        FROM begun GROUP BY person, treated, began
    )
    SELECT treated, value, began + INTERVAL 1 HOUR <= $now AS known FROM settled ORDER BY began, person
"""


@dataclass(frozen=True, eq=False)
class People:
    """Everybody whom an experiment's split sent to one of its arms."""

    treated: Flags
    """Of each, in the order in which they came."""
    crossed: int
    """So many met both arms, which a sticky split does not do."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One metric."""

    people: Batch
    """A value for each person whose hour is over, in the order in which they began; the canary is the treatment."""
    waiting: int
    """So many people are in their first hour."""


def people_in(events: pa.Table, plan: ExperimentPlan, now: datetime) -> People:
    """Return whom the split sent where, from a table that `read_events` returned."""
    table = _rows(events, _PEOPLE, _given(plan, now))
    return People(_column(table, "treated").astype(bool), int(_column(table, "crossed").sum()))


def measured(events: pa.Table, plan: ExperimentPlan, metric: ExperimentMetric, now: datetime) -> Measured:
    """Return a metric of each person, from a table that `read_events` returned of all capabilities.

    All, because what users say of an answer names the answer and not its capability.
    """
    query = _OF_PEOPLE.format(requests=_REQUESTS, measure=_MEASURES[metric])
    table = _rows(events, query, _given(plan, now) | {"now": now})
    known, treated = (_column(table, name).astype(bool) for name in ("known", "treated"))
    values = _column(table, "value").astype(float)
    return Measured(Batch(treated[known], values[known]), int((~known).sum()))


def currencies_in(events: pa.Table, plan: ExperimentPlan, now: datetime) -> tuple[str, ...]:
    """Return the currencies in which requests of both arms were paid, in order; what cost nothing has none."""
    table = _rows(events, _PAID, _given(plan, now))
    return tuple(table["currency"].to_pylist())


def _given(plan: ExperimentPlan, now: datetime) -> dict[str, object]:
    return {
        "capability": plan.capability,
        "control": f"{plan.name}/{CONTROL}",
        "treatment": f"{plan.name}/{TREATMENT}",
        "since": plan.started,
        "until": min(plan.ended or now, now),
    }


def _column(table: pa.Table, name: str) -> Any:
    return table[name].to_numpy(zero_copy_only=False)


def _rows(events: pa.Table, query: str, given: Mapping[str, object]) -> pa.Table:
    # Late imports: start-up time.
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("events", events)
        return connection.sql(query, params=dict(given)).to_arrow_table()
