"""What the tests of registry and promotion share: small releases, made once a session, a copy for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.small_registry import SmallRegistry, copy_small_registry, make_small_registry, open_small_registry
from servers.mlflow_server import (
    MlflowServer,
    mlflow_of,
    start_guarded_mlflow,
    start_mlflow,
    stop_mlflow,
    stopped_at_the_end,
)
from servers.shared import SharedFolder


@pytest.fixture(scope="session")
def registry_template(shared: SharedFolder, mlflow_tables: Path) -> SmallRegistry:
    """Three releases in a ledger and in MLflow: see `make_small_registry`. Tests take a copy: `small`."""

    def make(root: Path) -> None:
        make_small_registry(root, mlflow_tables)

    return open_small_registry(shared.made_once("registry", make))


@pytest.fixture
def small(registry_template: SmallRegistry, tmp_path: Path) -> Iterator[SmallRegistry]:
    """Three releases of this test's own."""
    yield copy_small_registry(registry_template, tmp_path)
    forget_address()


@pytest.fixture
def unmirrored(registry_template: SmallRegistry, tmp_path: Path) -> Iterator[SmallRegistry]:
    """Three releases of which MLflow knows nothing."""
    yield copy_small_registry(registry_template, tmp_path / "unmirrored", mirrored=False)
    forget_address()


@pytest.fixture
def mlflow_down(tmp_path: Path) -> Iterator[MlflowServer]:
    """MLflow without authentication, not started yet; of this test's own, since nobody else may start it."""
    server = MlflowServer(tmp_path / "mlflow-server")
    with stopped_at_the_end(server):
        yield server


@pytest.fixture(scope="session")
def plain_mlflow(shared: SharedFolder) -> Iterator[MlflowServer]:
    """MLflow without authentication, coming up; one for all workers."""
    with shared.running("mlflow", start_mlflow, stop_mlflow) as found:
        yield mlflow_of(found)


@pytest.fixture(scope="session")
def guarded_mlflow(shared: SharedFolder, plain_mlflow: MlflowServer) -> Iterator[MlflowServer]:
    """MLflow with authentication, coming up together with the other; one for all workers."""
    with shared.running("guarded-mlflow", start_guarded_mlflow, stop_mlflow) as found:
        yield mlflow_of(found)


def forget_address() -> None:
    """Take back what MLflow put into the environment."""
    import mlflow

    mlflow.set_tracking_uri(None)
