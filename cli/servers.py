"""`roadworthy ui` and `roadworthy down`: the pages on loopback, and the end of the servers behind them."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from rich.console import Console

from roadworthy.settings import Settings
from tasks.house.record import end_house
from tasks.mlflow_server import await_mlflow, begin_mlflow
from tasks.prefect_server import LocalServer, await_prefect, begin_prefect, running_server

SERVERS = ("prefect", "mlflow")


def serve_pages() -> int:
    """Start both servers, say where they are, and wait for Ctrl-C; Prefect's is left up for the next release."""
    settings = Settings()
    console = Console()
    prefect, mlflow = begin_prefect(settings), begin_mlflow(settings)
    with console.status("starting Prefect and MLflow"):
        await_prefect(prefect)
        await_mlflow(mlflow)
    console.print(f"Prefect  {prefect.url if prefect else os.environ['PREFECT_API_URL'].removesuffix('/api')}")
    console.print(f"MLflow   {mlflow.url if mlflow else settings.tracking_uri or os.environ['MLFLOW_TRACKING_URI']}")
    console.print("[dim]Ctrl-C ends MLflow's; `make down` ends both.[/dim]")
    try:
        signal.pause()
    except KeyboardInterrupt:
        if mlflow:
            stop(mlflow)
    return 0


def stop_servers() -> int:
    """Stop the house, if it is up, and the servers that this project started and that still run."""
    if end_house(Settings().home_path):
        print("house: stopped")
    for name in SERVERS:
        folder = Settings().home_path / name
        server = running_server(folder)
        if server:
            stop(server)
            (folder / "server.json").unlink(missing_ok=True)
        print(f"{name}: {'stopped' if server else 'was not running'}")
    return 0


def stop(server: LocalServer) -> None:
    """End the server's process group, by force after five seconds."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.process, signal_number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if not _group_lives(server.process):
                return
            time.sleep(0.05)


def _group_lives(group: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(-group, os.WNOHANG)
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
