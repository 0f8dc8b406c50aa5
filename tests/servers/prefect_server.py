"""A real Prefect server on loopback with a database of its own, to be shared by several processes."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from tasks.prefect_server import LOOPBACK, LocalServer, await_prefect, free_port, start_server


def start_prefect(home: Path) -> str:
    """Start the server, wait until it answers, and describe it for `server_of`."""
    port = free_port(0)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]
    quiet = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    server = start_server(command, home, port, quiet)
    await_prefect(server)
    return json.dumps(asdict(server))


def server_of(description: str) -> LocalServer:
    """Return the server that was described."""
    return LocalServer(**json.loads(description))


def stop_server(description: str) -> None:
    """Kill it; it leads a process group of its own."""
    os.killpg(server_of(description).process, signal.SIGKILL)
