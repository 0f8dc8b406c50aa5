"""Who a person is: only a real MLflow with authentication makes anybody authenticated."""

from __future__ import annotations

import json

import pytest
from servers.mlflow_server import ADMIN, PASSWORD, MlflowServer
from servers.web import Answer, running_web_server

from roadworthy.errors import RuleBroken, Unavailable
from roadworthy.release.entries import Actor
from roadworthy.settings import Settings
from tasks.mlflow_server import await_mlflow
from tasks.prefect_server import free_port
from tasks.registry.identity import identify_person

LOCAL = Actor(name="me", authenticated=False)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", ADMIN)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)


def test_mlflow_with_authentication_tells_who_it_is(
    guarded_mlflow: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right password makes an authenticated actor, a wrong one is refused, none is nobody."""
    _await(guarded_mlflow)
    assert identify_person(_settings(guarded_mlflow.url)) == Actor(name=ADMIN, authenticated=True)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong")
    with pytest.raises(RuleBroken, match="does not let 'admin' in"):
        identify_person(_settings(guarded_mlflow.url))
    monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD")
    assert identify_person(_settings(guarded_mlflow.url)) == LOCAL


def test_mlflow_without_authentication_makes_nobody_authenticated(plain_mlflow: MlflowServer) -> None:
    """It takes any credentials, so they prove nothing."""
    _await(plain_mlflow)
    assert identify_person(_settings(plain_mlflow.url)) == LOCAL


def test_a_database_on_this_machine_makes_nobody_authenticated() -> None:
    """There is no server that could have asked for a password."""
    assert identify_person(_settings("sqlite:////nowhere/mlflow.db")) == LOCAL


@pytest.mark.parametrize(
    "content",
    [b"<html>welcome</html>", b"{}", b"[]", json.dumps({"user": {"username": "somebody else"}}).encode()],
)
def test_a_page_that_everybody_gets_proves_nothing(content: bytes) -> None:
    """Only MLflow's own word on this user counts, not that some server says 200."""
    with running_web_server(lambda request: Answer(content)) as server:
        assert identify_person(_settings(f"http://{server.host}")) == LOCAL


def test_a_server_that_fails_or_is_down_stops_the_command() -> None:
    """Nobody is taken for unauthenticated because a server has a bad day."""
    with (
        running_web_server(lambda request: Answer(status=503)) as server,
        pytest.raises(Unavailable, match="answers 503"),
    ):
        identify_person(_settings(f"http://{server.host}"))
    with pytest.raises(Unavailable, match="does not answer") as raised:
        identify_person(_settings(f"http://127.0.0.1:{free_port(0)}"))
    assert PASSWORD not in str(raised.value)


def _settings(uri: str) -> Settings:
    return Settings(tracking_uri=uri, actor="me")


def _await(server: MlflowServer) -> None:
    assert server.process is not None
    await_mlflow(server.process)
