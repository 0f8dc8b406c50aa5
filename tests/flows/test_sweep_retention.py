"""The sweep as the scheduler runs it: what is too old is gone from the store."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fakes.small_project import REPOSITORY, SmallProject
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.sweep_retention import sweep_retention
from roadworthy.errors import DataError
from roadworthy.settings import Settings
from roadworthy.store import LocalStore
from roadworthy.telemetry.places import EVENTS, key
from tasks.registry.connect import connect


def test_the_flow_removes_what_is_too_old(copied_project: SmallProject) -> None:
    """Telemetry from before the policy's days goes, by the project's params.yaml; the ledger stays."""
    store = LocalStore(copied_project.root / ".roadworthy" / "store")
    old = key(EVENTS, date(2001, 1, 1), "segment")
    store.create(old, b"parquet")
    before = set(store.keys())
    program = "from flows.sweep_retention import sweep_retention; print(sweep_retention())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=copied_project.root,
        env=copied_project.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "Swept(contents=0, events=1, segments=0, logs=0, caches=0, alerts=0)" in done.stdout
    assert set(store.keys()) == before - {old}


def test_a_store_that_cannot_be_swept_keeps_no_trace(
    prefect_api_url: str, mlflow_tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of telemetry without a date fails the sweep every night; old traces go all the same."""
    database = tmp_path / "mlflow.db"
    shutil.copyfile(mlflow_tables, database)
    shutil.copyfile(REPOSITORY / "params.yaml", tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROADWORTHY_TRACKING_URI", f"sqlite:///{database}")
    LocalStore(Path(Settings().store_address)).create("telemetry/events/undated.parquet", b"parquet")
    client = connect(Settings()).client
    experiment = client.create_experiment("help-desk")
    began = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1e9)
    span = client.start_trace("answer", experiment_id=experiment, start_time_ns=began)
    client.end_trace(span.trace_id, end_time_ns=began + 1000)
    assert len(client.search_traces(locations=[experiment], include_spans=False, flush=True)) == 1
    with temporary_settings({PREFECT_API_URL: prefect_api_url}), pytest.raises(DataError, match="no date"):
        sweep_retention()
    assert client.search_traces(locations=[experiment], include_spans=False, flush=True) == []
