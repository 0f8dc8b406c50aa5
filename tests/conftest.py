"""What all tests share: real servers, started once a session, and the stores on them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from fakes.fast_folder import use_memory_for_files
from fakes.light_process import run_lightly
from fakes.small_project import FirstRelease, SmallProject, open_small_project, promote_second, release_first
from fakes.small_registry import make_mlflow_tables, mlflow_tables_in
from servers.embedding_model import MiniLmFiles, fetched_minilm
from servers.prefect_server import server_of, start_prefect, stop_server
from servers.seaweedfs import BUCKET, S3Server, seaweedfs_of, start_seaweedfs, stop_seaweedfs
from servers.shared import SharedFolder, shared_folder
from servers.small_language_model import fetch_small_language_model

from roadworthy.store import Store
from tasks.stores import open_store

use_memory_for_files()
run_lightly()
LONGEST_FIRST = (
    "tests/flows/test_assistant_release.py",
    "tests/flows/",
    "tests/cli/",
    "tests/tasks/",
    "tests/gateway/",
)


@pytest.fixture(scope="session")
def s3_server(shared: SharedFolder) -> Iterator[S3Server]:
    """A real S3 server with a bucket `releases`; one for all workers, each test under a prefix of its own."""
    with shared.running("seaweedfs", start_seaweedfs, stop_seaweedfs) as found:
        yield seaweedfs_of(found)


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
def shared(tmp_path_factory: pytest.TempPathFactory) -> SharedFolder:
    """What takes long to make, made once for all workers."""
    return shared_folder(tmp_path_factory)


@pytest.fixture(scope="session")
def prefect_api_url(shared: SharedFolder) -> Iterator[str]:
    """The API of a real Prefect server with a database of its own; one for all workers: it takes 8 s to start."""
    with shared.running("prefect", start_prefect, stop_server) as found:
        yield f"{server_of(found).url}/api"


@pytest.fixture(scope="session")
def mlflow_tables(shared: SharedFolder) -> Path:
    """A database with MLflow's tables and nothing in them, to be copied: to make them takes 4 s."""
    return mlflow_tables_in(shared.made_once("mlflow-tables", make_mlflow_tables))


@pytest.fixture(scope="session")
def first_release(shared: SharedFolder, prefect_api_url: str, tmp_path_factory: pytest.TempPathFactory) -> FirstRelease:
    """A small project, released for the first time; made once for all workers, a copy for each."""
    made = _released_once(shared, prefect_api_url)
    said = CompletedProcess(**json.loads((made / "said.json").read_text()))
    return FirstRelease(_copy_of(made, prefect_api_url, tmp_path_factory), said)


@pytest.fixture(scope="session")
def unreleased_project(shared: SharedFolder, prefect_api_url: str) -> SmallProject:
    """The same project as it was before, for tests that change nothing in it."""
    return open_small_project(_released_once(shared, prefect_api_url) / "before", prefect_api_url)


@pytest.fixture(scope="session")
def released_project(first_release: FirstRelease) -> SmallProject:
    """A small project whose only release is churn@1; for tests that change nothing in it."""
    return first_release.project


@pytest.fixture
def copied_project(released_project: SmallProject, tmp_path: Path) -> SmallProject:
    """A copy of the released project that a test may change."""
    return released_project.copy(tmp_path / "churn")


@pytest.fixture(scope="session")
def promoted_project(
    released_project: SmallProject, shared: SharedFolder, prefect_api_url: str, tmp_path_factory: pytest.TempPathFactory
) -> SmallProject:
    """A project with two releases that differ in the seed, churn@2 live; for tests that change nothing in it."""
    made = shared.made_once("promoted", lambda folder: promote_second(released_project, folder))
    return _copy_of(made, prefect_api_url, tmp_path_factory)


def _released_once(shared: SharedFolder, prefect_api_url: str) -> Path:
    return shared.made_once("released", lambda folder: release_first(folder, prefect_api_url))


def _copy_of(made: Path, prefect_api_url: str, factory: pytest.TempPathFactory) -> SmallProject:
    return open_small_project(made / "churn", prefect_api_url).copy(factory.mktemp(made.name) / "churn")


@pytest.fixture(scope="session")
def minilm_files() -> MiniLmFiles:
    """The small embedding model and its tokenizer, from this checkout's own cache of sources."""
    return fetched_minilm()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, or one worker waits at the end for the other."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    starts = enumerate(LONGEST_FIRST)
    return next((turn for turn, start in starts if item.nodeid.startswith(start)), len(LONGEST_FIRST))
