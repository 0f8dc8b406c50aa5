"""A release that somebody interrupts, and the one after it."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest
from fakes.gate import Gate, put_gate
from fakes.small_project import CAPABILITY, SmallProject


@pytest.fixture
def gate(copied_project: SmallProject) -> Gate:
    """A gate in the step `train` of the copied project."""
    return put_gate(copied_project)


def test_ctrl_c_ends_everything_and_the_next_run_goes_on(copied_project: SmallProject, gate: Gate) -> None:
    """Exit 130 as shells expect, no process left, nothing released; the same command then goes on at that step."""
    project = copied_project
    release = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "release", CAPABILITY],
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with gate.reached() as worker:
        children = psutil.Process(release.pid).children(recursive=True)
        release.send_signal(signal.SIGINT)
        out, err = release.communicate(timeout=60)
    assert release.returncode == 130, out + err
    assert "run the same command again" in err
    assert "Traceback" not in err
    assert worker in {child.pid for child in children}
    assert not any(child.is_running() for child in children)
    assert len(list((project.root / ".roadworthy" / "store" / "ledger" / CAPABILITY).iterdir())) == 4
    gate.remove()
    again = project.run("release", CAPABILITY)
    assert again.returncode == 0, again.stderr
    lines = {line.split()[0]: line for line in again.stdout.splitlines() if line.strip()}
    assert all(lines[step].endswith("unchanged") for step in ("ingest", "validate", "prepare"))
    assert "LogisticRegression" in lines["train"]
    assert "churn@2" in again.stdout
