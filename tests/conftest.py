"""What all tests share: real servers, started once a session, and the stores on them."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.small_project import FirstRelease, SmallProject, make_small_project
from servers.embedding_model import MiniLmFiles, fetched_minilm
from servers.seaweedfs import BUCKET, S3Server, running_seaweedfs
from servers.small_language_model import fetch_small_language_model

from roadworthy.store import Store
from tasks.prefect_server import LOOPBACK, await_prefect, free_port, start_server
from tasks.stores import open_store


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server with an empty bucket `releases`."""
    with running_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture
def s3_address(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty S3 store of this test's own; the environment holds what it takes to use it."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return f"s3://{BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture(params=["folder", "s3"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, of each kind in turn."""
    if request.param == "folder":
        return str(tmp_path / "store")
    address: str = request.getfixturevalue("s3_address")
    return address


@pytest.fixture
def store(store_address: str) -> Store:
    """An empty store, of each kind in turn."""
    return open_store(store_address)


@pytest.fixture(scope="session")
def small_language_model() -> Path:
    """The GGUF file of a real language model of 93 MB; fetched once per checkout."""
    return fetch_small_language_model()


@pytest.fixture(scope="session")
def prefect_api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API of a real Prefect server with a database of its own; one for all tests, because it takes 8 s to start."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port(0)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]
    quiet = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    server = start_server(command, home, port, quiet)
    try:
        await_prefect(server)
        yield f"{server.url}/api"
    finally:
        # It leads a process group of its own.
        os.killpg(server.process, signal.SIGKILL)


@pytest.fixture(scope="session")
def first_release(prefect_api_url: str, tmp_path_factory: pytest.TempPathFactory) -> FirstRelease:
    """Release a small project for the first time; once for all tests."""
    project = make_small_project(tmp_path_factory.mktemp("released") / "churn", prefect_api_url)
    said = project.run("release", "churn")
    assert said.returncode == 0, said.stderr
    return FirstRelease(project, said)


@pytest.fixture(scope="session")
def released_project(first_release: FirstRelease) -> SmallProject:
    """A small project whose only release is churn@1; for tests that change nothing in it."""
    return first_release.project


@pytest.fixture
def copied_project(released_project: SmallProject, tmp_path: Path) -> SmallProject:
    """A copy of the released project that a test may change."""
    return released_project.copy(tmp_path / "churn")


@pytest.fixture(scope="session")
def promoted_project(released_project: SmallProject, tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A project with two releases that differ in the seed, churn@2 live; for tests that change nothing in it."""
    project = released_project.copy(tmp_path_factory.mktemp("promoted") / "churn")
    _succeed(project, "promote", "churn@1", "--approve")
    project.set_params(seed=1)
    project.commit("Another seed")
    _succeed(project, "release", "churn")
    _succeed(project, "promote", "churn@2", "--approve")
    return project


@pytest.fixture(scope="session")
def minilm_files() -> MiniLmFiles:
    """The small embedding model and its tokenizer, from this checkout's own cache of sources."""
    return fetched_minilm()


def _succeed(project: SmallProject, *arguments: str) -> None:
    said = project.run(*arguments)
    assert said.returncode == 0, said.stdout + said.stderr
