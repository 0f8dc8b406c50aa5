"""MLflow that dies in the middle of registering: what was begun is completed, and nothing is there twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes.small_registry import CAPABILITY, GOOD, SmallRegistry
from servers.losing_proxy import Mortal, dying
from servers.mlflow_server import MlflowServer

from roadworthy.errors import Unavailable
from roadworthy.settings import Settings
from tasks.mlflow_server import await_mlflow
from tasks.registry.connect import Registry, connect
from tasks.registry.experiment import DIGEST, open_experiment
from tasks.registry.mirror import mirror_release
from tasks.registry.versions import all_versions


@pytest.fixture
def mlflow(plain_mlflow: MlflowServer, monkeypatch: pytest.MonkeyPatch) -> MlflowServer:
    """A server that the client doesn't ask twice."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert plain_mlflow.process is not None
    await_mlflow(plain_mlflow.process)
    return plain_mlflow


def test_whenever_it_dies_the_next_run_completes_exactly_one_version(
    unmirrored: SmallRegistry, mlflow: MlflowServer
) -> None:
    """Killed before and after each write until one run comes to its end: one run, one model and one version, whole."""
    with dying(mlflow.url) as mortal:
        lives = [attempt(unmirrored, mortal) for _ in each_death(mortal)]
    assert lives[-1] == str(GOOD)
    assert lives[:-1] == [None] * (len(lives) - 1)
    assert len(lives) > 20
    registry = connected(unmirrored.settings, mlflow.url)
    [version] = all_versions(registry, CAPABILITY)
    assert version.tags["stage"] == "candidate"
    experiment = open_experiment(registry, CAPABILITY)
    [run] = registry.client.search_runs([experiment])
    assert (run.info.status, run.info.run_id) == ("FINISHED", version.run_id)
    digest = unmirrored.standing.releases[GOOD - 1].digest
    [model] = registry.client.search_logged_models([experiment], f"params.`{DIGEST}` = '{digest}'")
    assert (str(model.status), f"models:/{model.model_id}") == ("READY", version.source)


def each_death(mortal: Mortal) -> Iterator[None]:
    """Let it die after more and more writes, each before the next write happens and after it, until it lives on."""
    for writes in range(200):
        for last_one_happens in (False, True):
            mortal.revive(writes, last_one_happens)
            yield
            if not mortal.dead:
                return


def attempt(small: SmallRegistry, mortal: Mortal) -> str | None:
    """Show the first release; None when MLflow died over it."""
    try:
        return mirror_release(connected(small.settings, mortal.address), small.ledger, GOOD)
    except Unavailable as error:
        assert mortal.dead, error
        return None


def connected(settings: Settings, address: str) -> Registry:
    """Connect to the server at this address."""
    return connect(settings.model_copy(update={"tracking_uri": address}))
