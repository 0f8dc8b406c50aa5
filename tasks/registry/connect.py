"""The connection to MLflow: where it is, how long we wait for it, and what its failures mean for people."""

# Late imports below: start-up time.
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import Unavailable
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from tasks.kept_traces import traces_folder
from tasks.workers import quiet_libraries

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PATIENCE = {
    # By default MLflow repeats a failed request for minutes; the waiting is ours.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
_PROBE_SECONDS = 5.0


@dataclass(frozen=True)
class Registry:
    """A connection to an MLflow that answered."""

    client: MlflowClient
    uri: str
    artifacts: str | None
    """Below which an experiment's files go; None where the server decides."""
    traces: Path | None = None
    """Where rehearsals on this machine have left how their answers came about."""


def connect(settings: Settings, announce: Announce = lambda line: None) -> Registry:
    """Wait until MLflow answers, and connect.

    Raises `Unavailable` when it does not within `settings.registry_wait_seconds`.
    """
    uri = tracking_uri(settings)
    quiet_libraries()
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    if uri.startswith(("http://", "https://")):
        _wait_for_server(uri, settings.registry_wait_seconds, announce)
        return Registry(_client(uri), uri, artifacts=None, traces=traces_folder(settings))
    artifacts = settings.home_path / "mlflow" / "artifacts"
    if uri.startswith("sqlite:///"):
        with unavailable_when_failing(uri):
            _make_database(Path(uri.removeprefix("sqlite:///")), artifacts)
    return Registry(_client(uri), uri, artifacts.as_uri(), traces_folder(settings))


def tracking_uri(settings: Settings) -> str:
    """Return MLflow's address: the setting, MLflow's own variable, or a SQLite file below HOME."""
    given = settings.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
    return given or f"sqlite:///{settings.home_path / 'mlflow' / 'mlflow.db'}"


@contextmanager
def unavailable_when_failing(uri: str) -> Iterator[None]:
    """Turn what MLflow raises into `Unavailable` with its first line."""
    import requests
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, requests.RequestException, OSError) as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise Unavailable(
            f"MLflow failed: {line}",
            where=_without_password(uri),
            remedy="see that MLflow runs and lets you in, then run the same command again: it goes on from here",
        ) from error


def _client(uri: str) -> MlflowClient:
    import mlflow

    with unavailable_when_failing(uri):
        with _same_environment("MLFLOW_TRACKING_URI"):
            # For the whole process: MLflow's SQLite registry looks for a version's model at this address.
            mlflow.set_tracking_uri(uri)
        return mlflow.MlflowClient(tracking_uri=uri)


@contextmanager
def _same_environment(name: str) -> Iterator[None]:
    """Leave a variable as it was: MLflow writes it, and another project would take its address for a setting."""
    before = os.environ.get(name)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def _wait_for_server(uri: str, seconds: float, announce: Announce) -> None:
    from tenacity import RetryCallState, RetryError, Retrying, stop_after_delay, wait_random_exponential

    def say(state: RetryCallState) -> None:
        if state.attempt_number == 1:
            announce(f"waiting up to {seconds:g} s for MLflow at {_without_password(uri)}")

    attempts = Retrying(stop=stop_after_delay(seconds), wait=wait_random_exponential(multiplier=0.2, max=2), after=say)
    try:
        attempts(_ask_health, uri, min(_PROBE_SECONDS, max(seconds, 0.1)))
    except RetryError as error:
        reason = error.last_attempt.exception()
        raise Unavailable(
            f"MLflow has not answered for {seconds:g} seconds ({type(reason).__name__})",
            where=_without_password(uri),
            remedy="start MLflow, or correct ROADWORTHY_TRACKING_URI, then run the same command again",
        ) from reason


def _ask_health(uri: str, seconds: float) -> None:
    import requests

    response = requests.get(f"{uri.rstrip('/')}/health", timeout=seconds)
    if response.status_code >= 500:
        response.raise_for_status()


def _make_database(path: Path, artifacts: Path) -> None:
    """Make MLflow's tables in a file that appears whole: a killed migration leaves none."""
    if path.exists():
        return
    from filelock import FileLock

    from roadworthy.atomic import replacing_folder_or_file, sweep

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        sweep(path.parent)
        if not path.exists():
            with replacing_folder_or_file(path) as temporary:
                _make_tables(temporary, artifacts)


def _make_tables(path: Path, artifacts: Path) -> None:
    import logging

    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    for name in ("alembic", "mlflow.store.db.utils"):
        logging.getLogger(name).setLevel(logging.WARNING)
    SqlAlchemyStore(f"sqlite:///{path}", artifacts.as_uri()).engine.dispose()


def _without_password(uri: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(uri)
    return uri.replace(parts.netloc, parts.netloc.rpartition("@")[2]) if parts.password else uri
