"""What all tests share: real servers, started once a session, and the stores on them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.seaweedfs import BUCKET, S3Server, running_seaweedfs

from roadworthy.store import Store
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
