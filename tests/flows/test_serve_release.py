"""What was released is what is served: `roadworthy serve` as a process of its own, and the commands beside it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas
import pytest
from fakes.small_project import SmallProject
from servers.waiting import eventually

from roadworthy.modelling.fitted_model import read_bundled_model
from roadworthy.release.bundle import fetch_bundle
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from roadworthy.store import LocalStore
from tasks.prefect_server import free_port

NAME = "churn"


@dataclass(frozen=True)
class Serving:
    """A project whose gateway runs."""

    project: SmallProject
    url: str
    process: subprocess.Popen[bytes]

    def predict(self, rows: list[dict[str, Any]], key: str = "") -> httpx.Response:
        """Ask for predictions."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.post(f"{self.url}/v1/capabilities/{NAME}/predict", json={"records": rows}, headers=headers)

    def command(self, *arguments: str) -> Any:
        """Run a command that speaks JSON."""
        said = self.project.run(*arguments, "--json")
        assert said.returncode == 0, said.stdout + said.stderr
        return json.loads(said.stdout)


@pytest.fixture
def serving(promoted_project: SmallProject, tmp_path: Path) -> Iterator[Serving]:
    """The gateway of a copy of the project in which churn@2 is live, and churn@1 was before."""
    project = promoted_project.copy(tmp_path / "churn")
    port = free_port(0)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "serve", "--port", str(port)], cwd=project.root, env=project.environment
    )
    serving = Serving(project, f"http://127.0.0.1:{port}", process)
    try:
        eventually(lambda: _is_ready(serving), seconds=60)
        yield serving
    finally:
        process.kill()
        process.wait()


def test_what_was_released_is_served_and_commands_take_effect(serving: Serving) -> None:
    """Scores are the release's own to the bit; rollback, switch and keys need no restart; nothing that was asked is
    missing afterwards.
    """
    rows = [{"plan": "basic", "tenure": 1.5}, {"plan": "pro", "tenure": 40}, {"plan": None, "tenure": None}]
    _check_scores(serving, rows, release=2)
    serving.command("rollback", NAME)
    eventually(lambda: serving.predict(rows).json()["release"] == f"{NAME}@1")
    _check_scores(serving, rows, release=1)

    serving.command("switch", "off", "capability", NAME)
    eventually(lambda: serving.predict(rows).status_code == 503)
    assert serving.predict(rows).json()["type"].endswith("switched-off")
    serving.command("switch", "on", "capability", NAME)
    eventually(lambda: serving.predict(rows).status_code == 200)

    created = serving.command("keys", "create", "--tenant", "acme", "--scope", f"capability:{NAME}")
    eventually(lambda: serving.predict(rows).status_code == 401)
    assert serving.predict(rows, created["text"]).status_code == 200
    serving.command("keys", "revoke", created["key"]["id"])
    eventually(lambda: serving.predict(rows, created["text"]).status_code == 401)

    serving.process.send_signal(signal.SIGTERM)
    # It has let go of everything, and then ends by the signal, as whoever sent it expects.
    assert serving.process.wait(30) == -signal.SIGTERM
    serving.command("telemetry", "seal")
    told = serving.command("telemetry")
    assert {line["release"] for line in told["usage"] if line["capability"] == NAME} >= {1, 2}
    serving.command("audit", "verify")
    kinds = {entry["fact"]["kind"] for entry in serving.command("audit", "show")}
    assert kinds >= {"administration", "switch", "logins_refused"}
    assert created["text"] not in _everything_below(serving.project.root / ".roadworthy")


def _is_ready(serving: Serving) -> bool:
    assert serving.process.poll() is None, "the gateway ended"
    try:
        return httpx.get(f"{serving.url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _check_scores(serving: Serving, rows: list[dict[str, Any]], release: int) -> None:
    said = serving.predict(rows).json()
    store = LocalStore(serving.project.root / ".roadworthy" / "store")
    record = standing_of(NAME, Ledger(store, NAME).entries()).release(release)
    bundle = fetch_bundle(store, record.digest, serving.project.root / f"bundle-{release}")
    expected = read_bundled_model(bundle.folder).predict(pandas.DataFrame(rows))
    assert (said["release"], said["digest"]) == (f"{NAME}@{release}", record.digest)
    assert [one["score"] for one in said["predictions"]] == list(expected)


def _everything_below(folder: Path) -> str:
    return "".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())
