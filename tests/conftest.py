"""What all tests share: real servers, started once a session, and the stores on them."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.seaweedfs import BUCKET, S3Server, running_seaweedfs

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
