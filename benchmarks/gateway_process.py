"""Starts real servers for the gateway's benchmarks: `roadworthy serve` on a project, and a trivial upstream."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import psutil

from benchmarks.gateway_project import CHAT, ROOT, Project
from tasks.prefect_server import LOOPBACK, free_port

START_SECONDS = 180.0


@dataclass(frozen=True)
class Running:
    """A server in a process of its own."""

    url: str
    process: psutil.Process

    @property
    def resident_bytes(self) -> int:
        """The memory that it holds."""
        return int(self.process.memory_info().rss)

    @property
    def processor_seconds(self) -> float:
        """The processor time that it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def running_upstream(*arguments: str) -> Iterator[Running]:
    """Run the trivial endpoint."""
    port = free_port(0)
    command = [sys.executable, "-m", "benchmarks.gateway_upstream", "--port", str(port), *arguments]

    def answers(url: str) -> bool:
        return httpx.post(f"{url}{CHAT}", json={"model": "x"}).status_code == 200

    with running(command, port, dict(os.environ), answers) as server:
        yield server


@contextmanager
def running_gateway(project: Project, **settings: str | float) -> Iterator[Running]:
    """Run `roadworthy serve` on the project; `settings` are those of the gateway, by their names in lower case."""
    port = free_port(0)
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    given = {f"ROADWORTHY_GATEWAY_{name.upper()}": str(value) for name, value in settings.items()}
    with running(command, port, {**project.environment, **given}, _is_ready) as server:
        yield server


@contextmanager
def running(
    command: list[str], port: int, environment: dict[str, str], is_ready: Callable[[str], bool]
) -> Iterator[Running]:
    """Run a server until the end; it is ready when `is_ready`, given its address, says so."""
    url = f"http://{LOOPBACK}:{port}"
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _await(process, url, is_ready)
        yield Running(url, psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_ready(url: str) -> bool:
    return httpx.get(f"{url}/readyz").status_code == 200


def _await(process: subprocess.Popen[bytes], url: str, is_ready: Callable[[str], bool]) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if is_ready(url):
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start: {process.poll()}")
