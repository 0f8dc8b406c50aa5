"""`roadworthy up`: the whole house as a process, until somebody ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx
import psutil
import pytest
from fakes.small_project import SmallProject

from tasks.prefect_server import LOOPBACK, free_port


@dataclass(frozen=True)
class House:
    """The house's process, its log, and where its pages are."""

    process: subprocess.Popen[bytes]
    home: Path
    pages: dict[str, str]

    def log(self) -> str:
        """Return what was logged so far."""
        path = self.home / "house" / "house.log"
        return path.read_text() if path.is_file() else ""

    def part(self, name: str) -> int:
        """Return the number of a part's process."""
        return int(json.loads((self.home / "house" / "house.json").read_bytes())[name]["process"])


@pytest.fixture
def house(copied_project: SmallProject, prefect_api_url: str) -> Iterator[House]:
    """The house of a released project, with the tests' own Prefect server, which takes longest to start."""
    ports = {"MLFLOW": free_port(0), "GATEWAY": free_port(0)}
    variables = {f"ROADWORTHY_{name}_PORT": str(port) for name, port in ports.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "up"],
        cwd=copied_project.root,
        env={**copied_project.environment, **variables},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    pages = {name.lower(): f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
    running = House(process, copied_project.root / ".roadworthy", pages)
    try:
        yield running
    finally:
        copied_project.run("down")
        process.kill()
        process.wait()


def test_the_house_stands_until_it_is_told_to_stop(house: House) -> None:
    """All parts answer, a killed gateway comes back at its port, and SIGTERM leaves no process behind."""
    until(lambda: answers(f"{house.pages['mlflow']}/health"), house)
    until(lambda: answers(f"{house.pages['gateway']}/healthz"), house)
    until(lambda: "5 deployments, 5 automations" in house.log(), house)
    until(lambda: "Worker 'roadworthy' started" in house.log(), house)
    gateway = house.part("gateway")
    os.killpg(gateway, signal.SIGKILL)
    until(lambda: house.part("gateway") != gateway and answers(f"{house.pages['gateway']}/healthz"), house)
    assert "gateway ended (signal 9)" in house.log()
    family = psutil.Process(house.process.pid).children(recursive=True)
    assert len(family) >= 3
    house.process.terminate()
    assert house.process.wait(90) == 0
    assert [member for member in family if runs(member)] == []


def until(holds: Callable[[], bool], house: House, seconds: float = 180) -> None:
    """Look again and again until it holds; fail with the log when it does not, or the house is gone."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert house.process.poll() is None, house.log()
        assert time.monotonic() < deadline, house.log()
        Event().wait(0.3)


def answers(url: str) -> bool:
    """Tell whether something answers there with success."""
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def runs(process: psutil.Process) -> bool:
    """Tell whether it is at work; a dead one may wait for its parent to notice."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
