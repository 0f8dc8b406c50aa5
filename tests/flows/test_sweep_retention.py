"""The sweep as the scheduler runs it: what is too old is gone from the store."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

from fakes.small_project import SmallProject

from roadworthy.store import LocalStore
from roadworthy.telemetry.places import EVENTS, key


def test_the_flow_removes_what_is_too_old(copied_project: SmallProject) -> None:
    """Telemetry from before the policy's days goes, by the project's params.yaml; the ledger stays."""
    store = LocalStore(copied_project.root / ".roadworthy" / "store")
    old = key(EVENTS, date(2001, 1, 1), "segment")
    store.create(old, b"parquet")
    before = set(store.keys())
    program = "from flows.sweep_retention import sweep_retention; print(sweep_retention())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=copied_project.root,
        env=copied_project.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "Swept(contents=0, events=1, segments=0, logs=0)" in done.stdout
    assert set(store.keys()) == before - {old}
