"""The connection to MLflow: waited for, then failed with nothing half done; and a mirror through a real server."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.small_bundle import small_capability
from fakes.small_registry import CAPABILITY, GOOD, SmallRegistry, empty_database
from servers.mlflow_server import MlflowServer

from roadworthy.errors import Unavailable
from roadworthy.settings import Settings
from roadworthy.workspace import Workspace
from tasks.prefect_server import free_port
from tasks.register import register
from tasks.registry.connect import connect, tracking_uri
from tasks.registry.mirror import mirror_release
from tasks.registry.versions import all_versions


def test_a_release_without_mlflow_fails_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits as long as the setting says, tells so, and then records nothing anywhere."""
    monkeypatch.setenv("ROADWORTHY_TRACKING_URI", f"http://user:secret@127.0.0.1:{free_port(0)}")
    monkeypatch.setenv("ROADWORTHY_REGISTRY_WAIT_SECONDS", "0.3")
    said: list[str] = []
    with pytest.raises(Unavailable, match=r"has not answered for .* seconds") as raised:
        register(small_capability(), Workspace(tmp_path, CAPABILITY), said.append)
    assert len(said) == 1
    assert said[0].startswith("waiting up to 0.3 s for MLflow at http://127.0.0.1:")
    assert "secret" not in str(raised.value) + said[0]
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_comes_up_while_we_wait_is_used(
    small: SmallRegistry, registry_template: SmallRegistry, mlflow_down: MlflowServer
) -> None:
    """The release goes on, and through the server its version loads and predicts; nothing is made twice."""
    settings = Settings(root=small.settings.root, tracking_uri=mlflow_down.url, registry_wait_seconds=240)
    said: list[str] = []

    def start(line: str) -> None:
        said.append(line)
        mlflow_down.start(empty_database(registry_template.settings.root))

    registry = connect(settings, start)
    assert said == [f"waiting up to 240 s for MLflow at {mlflow_down.url}"]
    there = replace(small, settings=settings, registry=registry)
    for _ in range(2):
        assert mirror_release(registry, there.ledger, GOOD) == "1"
    assert len(all_versions(registry, CAPABILITY)) == 1
    assert there.aliases == {"candidate": "1"}
    assert _prediction(small) == (200, 2)
    there.ask(GOOD)
    assert [outcome.reasons for outcome in there.promote()] == [()]
    assert there.aliases == {"production": "1"}


def test_what_mlflow_raises_is_explained(small: SmallRegistry) -> None:
    """A database that broke away under us ends in an error for people, with what to do."""
    Path(small.settings.tracking_uri.removeprefix("sqlite:///")).write_bytes(b"no database at all")
    with pytest.raises(Unavailable, match="MLflow failed") as raised:
        mirror_release(connect(small.settings), small.ledger, GOOD)
    assert "run the same command again" in raised.value.remedy


def _prediction(small: SmallRegistry) -> tuple[int, ...]:
    import pandas
    from mlflow import pyfunc

    from roadworthy.release.bundle import fetch_bundle

    bundle = fetch_bundle(
        small.ledger.store, small.standing.release(GOOD).digest, small.settings.root / "fetched"
    ).folder
    rows = pandas.read_parquet(bundle / "model" / "probe.parquet")
    return tuple(pyfunc.load_model(f"models:/{CAPABILITY}/1").predict(rows).shape)


def test_a_connection_leaves_the_environment_as_it_was(
    registry_template: SmallRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow writes its address there; another project in the same process goes to its own all the same."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    connect(registry_template.settings)
    assert "MLFLOW_TRACKING_URI" not in os.environ
    other = Settings(root=tmp_path)
    assert tracking_uri(other) == f"sqlite:///{other.home_path / 'mlflow' / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    connect(registry_template.settings)
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"
