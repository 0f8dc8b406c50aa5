"""The local Prefect server: started on first use on loopback, left up, found again by its record."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from roadworthy.atomic import write_bytes
from roadworthy.errors import Unavailable
from roadworthy.settings import Settings

LOOPBACK = "127.0.0.1"
START_SECONDS = 90.0
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class LocalServer:
    """A server that we started: its process and its port."""

    process: int
    port: int

    @property
    def url(self) -> str:
        """Where people find it."""
        return f"http://{LOOPBACK}:{self.port}"


def begin_prefect(settings: Settings) -> LocalServer | None:
    """Start the server unless it runs; None when PREFECT_API_URL names another. Does not wait: see `await_prefect`.

    Must come before Prefect is imported, because it sets the environment that Prefect reads then.
    """
    # The log goes to Prefect's page; the terminal has its own progress, and errors without stack traces.
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "roadworthy")
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    if os.environ.get("PREFECT_API_URL"):
        return None
    folder = settings.home_path / "prefect"
    os.environ["PREFECT_HOME"] = str(folder)
    server = running_server(folder) or _start(folder, settings.prefect_port)
    os.environ["PREFECT_API_URL"] = f"{server.url}/api"
    return server


def await_prefect(server: LocalServer | None) -> None:
    """Wait until our own server answers, or ask the one that is named. Raises `Unavailable` when it does not."""
    if server is None:
        _require_named_server(os.environ["PREFECT_API_URL"])
        return
    deadline = time.monotonic() + START_SECONDS
    while not answers(f"{server.url}/api/health"):
        if time.monotonic() > deadline or not _alive(server.process):
            raise Unavailable(
                "the local Prefect server does not come up",
                where=f"{server.url}, its log is .roadworthy/prefect/server.log",
                remedy="read the log; set ROADWORTHY_PREFECT_PORT, or PREFECT_API_URL to use another server",
            )
        time.sleep(0.1)


@contextmanager
def without_heartbeats() -> Iterator[None]:
    """Run flows that somebody watches: heartbeats tell a server that a run died, and cost a run's end up to a second.

    Runs that a worker of Prefect starts keep them. Prefect must have been imported already.
    """
    from prefect.settings import temporary_settings

    with temporary_settings({"flows.heartbeat_frequency": None}):
        yield


def _require_named_server(url: str) -> None:
    """Prefect itself would try for a while, and then tell it in a hundred lines."""
    try:
        urllib.request.urlopen(f"{url.rstrip('/')}/health", timeout=PATIENCE_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError:
        return  # It answers; whether we may come in, Prefect will say.
    except OSError as error:
        raise Unavailable(
            f"the Prefect server that PREFECT_API_URL names does not answer ({error})",
            where=url,
            remedy="start it or correct PREFECT_API_URL; unset it to use a local server",
        ) from None


def running_server(folder: Path) -> LocalServer | None:
    """Return the server whose record lies in `folder`, if its process lives."""
    try:
        server = LocalServer(**json.loads((folder / "server.json").read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return server if _alive(server.process) and _is_still(server) else None


def start_server(command: list[str], folder: Path, port: int, environment: dict[str, str]) -> LocalServer:
    """Start `command` in a process group of its own, its output in server.log, and record it in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **environment},
        )
    server = LocalServer(process=process.pid, port=port)
    _await_its_name(server)
    record_server(folder, server)
    return server


def _await_its_name(server: LocalServer, seconds: float = 5) -> None:
    """Wait for its command line: Linux shows an empty one for a moment, and nobody would take it for the server."""
    end = time.monotonic() + seconds
    while _alive(server.process) and not _is_still(server) and time.monotonic() < end:
        time.sleep(0.005)


def record_server(folder: Path, server: LocalServer) -> None:
    """Let others find the server by `running_server`; its command has to name its port as `--port N`."""
    write_bytes(folder / "server.json", json.dumps(asdict(server)).encode())


def free_port(wanted: int) -> int:
    """Return `wanted` if nobody listens there, else any free port on loopback."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("no port is free on loopback", remedy="stop some server")


def answers(url: str) -> bool:
    """Tell whether something answers at `url` with success, within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310  (our own http:// address)
            return bool(response.status == 200)
    except OSError:
        return False


def _start(folder: Path, wanted: int) -> LocalServer:
    port = free_port(wanted)
    return start_server(prefect_command(port), folder, port, prefect_environment(port))


def prefect_command(port: int) -> list[str]:
    """Return the command that serves Prefect on loopback."""
    return [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]


def prefect_environment(port: int) -> dict[str, str]:
    """Return what the server's environment needs besides PREFECT_HOME."""
    return {
        # The interface must ask the port that was really taken.
        "PREFECT_UI_API_URL": f"http://{LOOPBACK}:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # Runs go after 90 days, with their logs and artifacts; by default Prefect removes only events.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    }


def _is_still(server: LocalServer) -> bool:
    """Tell whether the process is the server: once that was killed, its number may be given to any other."""
    try:
        words = Path(f"/proc/{server.process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        listed = ["ps", "-o", "args=", "-p", str(server.process)]
        words = subprocess.run(listed, capture_output=True, text=True, check=False).stdout
    return f"--port {server.port}" in words


def _alive(process: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        # A server that we started ourselves and that ended stays a zombie until it is waited for.
        os.waitpid(process, os.WNOHANG)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
