"""What the tests of registry and promotion share: small releases, made once a session, a copy for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.small_registry import SmallRegistry, copy_small_registry, make_small_registry
from servers.mlflow_server import MlflowServer, stopped_at_the_end


@pytest.fixture(scope="session")
def registry_template(tmp_path_factory: pytest.TempPathFactory) -> SmallRegistry:
    """Three releases in a ledger and in MLflow: see `make_small_registry`. Tests take a copy: `small`."""
    return make_small_registry(tmp_path_factory.mktemp("registry"))


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
def mlflow_servers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[MlflowServer, MlflowServer]]:
    """MLflow without and with authentication, both coming up."""
    root = tmp_path_factory.mktemp("mlflow-servers")
    plain, guarded = MlflowServer(root / "plain"), MlflowServer(root / "guarded", authentication=True)
    with stopped_at_the_end(plain, guarded):
        guarded.start()
        plain.start()
        yield plain, guarded


def forget_address() -> None:
    """Take back what MLflow put into the environment."""
    import mlflow

    mlflow.set_tracking_uri(None)
