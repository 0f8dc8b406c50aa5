"""MLflow's page on loopback, over the SQLite file that releases write to."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from roadworthy.errors import Unavailable
from roadworthy.settings import Settings
from tasks.prefect_server import LOOPBACK, START_SECONDS, LocalServer, answers, free_port, running_server, start_server
from tasks.registry.connect import tracking_uri


def begin_mlflow(settings: Settings) -> LocalServer | None:
    """Start the server unless it runs; None when MLflow is a server already, somewhere else."""
    uri = tracking_uri(settings)
    if uri.startswith(("http://", "https://")):
        return None
    folder = settings.home_path / "mlflow"
    running = running_server(folder)
    if running:
        return running
    port = free_port(settings.mlflow_port)
    return start_server(mlflow_command(uri, folder, port), folder, port, MLFLOW_ENVIRONMENT)


def mlflow_command(uri: str, folder: Path, port: int) -> list[str]:
    """Return the command that serves MLflow on loopback, over the database `uri`."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"]
    return [*command, "--backend-store-uri", uri, "--default-artifact-root", (folder / "artifacts").as_uri()]


MLFLOW_ENVIRONMENT = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
"""Job execution starts eight more processes, for features that nothing here uses."""


def await_mlflow(server: LocalServer | None) -> None:
    """Wait until the server answers. Raises `Unavailable` when it does not come up."""
    deadline = time.monotonic() + START_SECONDS
    while server is not None and not answers(f"{server.url}/health"):
        if time.monotonic() > deadline or not _alive(server):
            raise Unavailable(
                "MLflow's page does not come up",
                where=f"{server.url}, its log is .roadworthy/mlflow/server.log",
                remedy="read the log; set ROADWORTHY_MLFLOW_PORT to use another port",
            )
        time.sleep(0.1)


def _alive(server: LocalServer) -> bool:
    try:
        os.kill(server.process, 0)
    except ProcessLookupError:
        return False
    return True
