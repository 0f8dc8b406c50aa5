"""Removes the traces in MLflow that are older than the policy allows, and proves that none older is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from roadworthy.errors import StepFailed
from tasks.registry.connect import Registry, unavailable_when_failing

_MOST_PER_CALL = 100


def sweep_traces(registry: Registry, oldest: date) -> int:
    """Remove every trace that began before `oldest` (a date in UTC); return how many there were.

    Raises `StepFailed` when one is left, and `Unavailable` when MLflow fails.
    """
    with unavailable_when_failing(registry.uri):
        removed = sum(_remove(registry, experiment, oldest) for experiment in _experiments(registry))
        left = [found for experiment in _experiments(registry) for found in _before(registry, experiment, oldest)]
    if left:
        raise StepFailed(
            "MLflow still holds a trace that is older than `retention` in params.yaml allows",
            where=f"trace {left[0]}",
            remedy="run it again; when it stays so, delete the trace in MLflow, and look who writes with a wrong clock",
        )
    return removed


def _remove(registry: Registry, experiment: str, oldest: date) -> int:
    removed = 0
    while found := _before(registry, experiment, oldest):
        gone = registry.client.delete_traces(experiment, trace_ids=found)
        if not gone:
            break
        removed += gone
    return removed


def _before(registry: Registry, experiment: str, oldest: date) -> list[str]:
    """Return the ids of some traces that began before `oldest`; none when there is none."""
    milliseconds = int(datetime.combine(oldest, time(), UTC).timestamp() * 1000)
    found = registry.client.search_traces(
        locations=[experiment],
        filter_string=f"timestamp_ms < {milliseconds}",
        max_results=_MOST_PER_CALL,
        include_spans=False,
    )
    return [trace.info.trace_id for trace in found]


def _experiments(registry: Registry) -> Iterator[str]:
    """Return every experiment's id, the deleted ones' too: their traces are still there."""
    from mlflow.entities import ViewType

    token = None
    while True:
        page = registry.client.search_experiments(ViewType.ALL, page_token=token)
        yield from (experiment.experiment_id for experiment in page)
        token = page.token
        if not token:
            return
