"""`roadworthy ui` and `roadworthy down`: both pages on loopback while somebody looks, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fakes.front_door import ask
from fakes.small_project import SmallProject
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tasks.prefect_server import LOOPBACK, free_port

ELSEWHERE = "127.0.0.2"
"""Another address of this machine: who listens on all of them answers there too."""


@pytest.fixture
def ports() -> dict[str, int]:
    """A free port for each page."""
    prefect = free_port(0)
    mlflow = free_port(0)
    assert prefect != mlflow
    return {"prefect": prefect, "mlflow": mlflow}


@pytest.fixture
def watched_project(copied_project: SmallProject, ports: dict[str, int]) -> Iterator[SmallProject]:
    """A released project that names no server of Prefect, so that it starts its own; none is left in the end."""
    environment = {name: value for name, value in copied_project.environment.items() if name != "PREFECT_API_URL"}
    chosen = {f"ROADWORTHY_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    project = SmallProject(copied_project.root, {**environment, **chosen})
    yield project
    project.run("down")


def test_the_pages_are_served_until_ctrl_c(watched_project: SmallProject, ports: dict[str, int]) -> None:
    """Both pages answer, on loopback alone; Ctrl-C ends MLflow's with exit 0; `down` ends Prefect's, which was left."""
    with _serving(watched_project) as ui:
        for name, port in ports.items():
            _await_page(f"http://{LOOPBACK}:{port}", ui)
            assert not _listens(ELSEWHERE, port), name
        assert _models(ports["mlflow"]) == ["churn"]
        said = _lines_until("Ctrl-C", ui)
        assert [line.split() for line in said[:2]] == [
            ["Prefect", f"http://{LOOPBACK}:{ports['prefect']}"],
            ["MLflow", f"http://{LOOPBACK}:{ports['mlflow']}"],
        ]
        ui.send_signal(signal.SIGINT)
        _, errors = ui.communicate(timeout=60)
        assert (ui.returncode, errors) == (0, "")
    assert {name: _listens(LOOPBACK, port) for name, port in ports.items()} == {"prefect": True, "mlflow": False}

    down = watched_project.run("down")
    assert (down.returncode, down.stdout) == (0, "prefect: stopped\nmlflow: was not running\n"), down.stderr
    assert not _listens(LOOPBACK, ports["prefect"])
    assert watched_project.run("down").stdout == "prefect: was not running\nmlflow: was not running\n"


def test_down_ends_no_process_that_is_not_ours(tmp_path: Path) -> None:
    """A server died and its process's number was given to another: that one is left alone."""
    other = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        for name in ("prefect", "mlflow"):
            folder = tmp_path / ".roadworthy" / name
            folder.mkdir(parents=True)
            (folder / "server.json").write_text(json.dumps({"process": other.pid, "port": 4200}))
        answer = ask(tmp_path, "down")
        assert (answer.code, answer.out) == (0, "prefect: was not running\nmlflow: was not running\n")
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@contextmanager
def _serving(project: SmallProject) -> Iterator[subprocess.Popen[str]]:
    ui = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "ui"],
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with ui:
        try:
            yield ui
        finally:
            if ui.poll() is None:
                os.killpg(ui.pid, signal.SIGKILL)


@retry(retry=retry_if_exception_type(httpx.HTTPError), stop=stop_after_delay(150), wait=wait_fixed(0.3), reraise=True)
def _await_page(address: str, ui: subprocess.Popen[str]) -> None:
    assert ui.poll() is None, ui.communicate()
    answer = httpx.get(address, timeout=5, follow_redirects=True)
    answer.raise_for_status()
    assert "<title>" in answer.text


def _lines_until(text: str, ui: subprocess.Popen[str]) -> list[str]:
    assert ui.stdout is not None
    lines: list[str] = []
    while not lines or text not in lines[-1]:
        lines.append(ui.stdout.readline())
        assert lines[-1], lines
    return lines


def _models(port: int) -> list[str]:
    answer = httpx.get(f"http://{LOOPBACK}:{port}/api/2.0/mlflow/registered-models/search", timeout=30)
    return [model["name"] for model in answer.raise_for_status().json()["registered_models"]]


def _listens(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((address, port)) == 0
