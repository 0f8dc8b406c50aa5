"""A real MLflow server on loopback, with and without authentication."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tasks.prefect_server import LOOPBACK, LocalServer, free_port, start_server

ADMIN, PASSWORD = "admin", "correct horse battery"
_QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


@dataclass
class MlflowServer:
    """A server that can be started later than its address is known."""

    folder: Path
    authentication: bool = False
    port: int = field(default_factory=lambda: free_port(0))
    process: LocalServer | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, database: Path | None = None) -> None:
        """Start it, on a copy of `database` where one is given: to make the tables takes seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if database:
            shutil.copyfile(database, self.folder / "mlflow.db")
        command = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(self.port)]
        command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}"]
        command += ["--artifacts-destination", str(self.folder / "artifacts")]
        if self.authentication:
            command += ["--app-name", "basic-auth"]
        self.process = start_server(command, self.folder, self.port, {**_QUIET, **self._secrets()})

    def stop(self) -> None:
        """Kill it; it leads a process group of its own."""
        if self.process:
            os.killpg(self.process.process, signal.SIGKILL)

    def _secrets(self) -> dict[str, str]:
        configuration = self.folder / "auth.ini"
        configuration.write_text(
            "[mlflow]\n"
            "default_permission = READ\n"
            f"database_uri = sqlite:///{self.folder / 'auth.db'}\n"
            f"admin_username = {ADMIN}\nadmin_password = {PASSWORD}\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        )
        return {"MLFLOW_AUTH_CONFIG_PATH": str(configuration), "MLFLOW_FLASK_SERVER_SECRET_KEY": "for tests"}


def start_mlflow(folder: Path) -> str:
    """Start a server without authentication, and describe it for `mlflow_of`; does not wait for it."""
    return _started(MlflowServer(folder))


def start_guarded_mlflow(folder: Path) -> str:
    """Start a server with authentication, and describe it for `mlflow_of`; does not wait for it."""
    return _started(MlflowServer(folder, authentication=True))


def mlflow_of(description: str) -> MlflowServer:
    """Return the server that was described, which another process may have started."""
    known = json.loads(description)
    process = LocalServer(known["process"], known["port"])
    return MlflowServer(Path(known["folder"]), known["authentication"], known["port"], process)


def stop_mlflow(description: str) -> None:
    """Kill the server that was described."""
    mlflow_of(description).stop()


def _started(server: MlflowServer) -> str:
    server.start()
    assert server.process is not None
    known = {"folder": str(server.folder), "authentication": server.authentication, "port": server.port}
    return json.dumps({**known, "process": server.process.process})


@contextmanager
def stopped_at_the_end(*servers: MlflowServer) -> Iterator[None]:
    """Kill the servers at the end."""
    try:
        yield
    finally:
        for server in servers:
            server.stop()
