"""Traces in MLflow go when the policy says so, those in deleted experiments too, and no others."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from roadworthy.settings import Settings
from tasks.registry.connect import Registry, connect
from tasks.trace_retention import sweep_traces

TODAY = date(2026, 11, 23)


@pytest.fixture
def registry(mlflow_tables: Path, tmp_path: Path) -> Registry:
    """An empty MLflow."""
    database = tmp_path / "mlflow.db"
    shutil.copyfile(mlflow_tables, database)
    return connect(Settings(root=tmp_path, tracking_uri=f"sqlite:///{database}"))


def test_old_traces_go_and_young_ones_stay(registry: Registry) -> None:
    """More of them than one call removes; a trace of the first day that is allowed stays."""
    oldest = TODAY - timedelta(400)
    experiment = registry.client.create_experiment("help-desk")
    for minute in range(120):
        trace(registry, experiment, datetime(2025, 10, 18, 22, tzinfo=UTC) + timedelta(minutes=minute))
    kept = trace(registry, experiment, datetime(2025, 10, 19, tzinfo=UTC))
    assert oldest == date(2025, 10, 19)
    assert len(ids(registry, experiment)) == 100
    assert sweep_traces(registry, oldest) == 120
    assert ids(registry, experiment) == {kept}
    assert sweep_traces(registry, oldest) == 0


def test_a_deleted_experiment_hides_nothing(registry: Registry) -> None:
    """Deleting an experiment in MLflow only hides it; its traces are found all the same."""
    experiment = registry.client.create_experiment("forgotten")
    trace(registry, experiment, datetime(2020, 1, 1, tzinfo=UTC))
    assert len(ids(registry, experiment)) == 1
    registry.client.delete_experiment(experiment)
    assert sweep_traces(registry, TODAY) == 1
    assert ids(registry, experiment) == set()


def trace(registry: Registry, experiment: str, at: datetime) -> str:
    """Write a trace that began then; return its id."""
    began = int(at.timestamp() * 1e9)
    span = registry.client.start_trace("answer", experiment_id=experiment, start_time_ns=began)
    registry.client.end_trace(span.trace_id, end_time_ns=began + 1000)
    return str(span.trace_id)


def ids(registry: Registry, experiment: str) -> set[str]:
    """What is there."""
    found = registry.client.search_traces(locations=[experiment], include_spans=False, flush=True)
    return {one.info.trace_id for one in found}
