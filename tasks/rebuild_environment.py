"""Finds the interpreter for a rebuild: this one if it has what the release's lock pins, else one made from the lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from roadworthy.errors import StepFailed
from roadworthy.release.environment import drift_from_lock, summary_of
from roadworthy.settings import Settings

LOCK = "requirements.lock"
STANDARD_ERROR = 2
"""Where the rebuild's progress goes; standard output is the result's."""


def environment_for(settings: Settings, released: Path, work: Path) -> tuple[str, str]:
    """Return the interpreter to rebuild the bundle in `released` with, and how it was come by."""
    lock = (released / LOCK).read_bytes()
    same = lock == (settings.root / LOCK).read_bytes()
    drift = drift_from_lock(lock.decode()) if same else ()
    if same and not drift:
        return sys.executable, "this environment has the release's lock, and the packages that it pins"
    _install(work)
    why = f"here {summary_of(drift)}" if drift else "here the lock is another one"
    return str(work / ".venv" / "bin" / "python"), f"built an environment from the release's lock: {why}"


def _install(work: Path) -> None:
    done = subprocess.run([sys.executable, "deployments/install.py"], cwd=work, stdout=STANDARD_ERROR, check=False)
    if done.returncode:
        raise StepFailed("the release's environment can't be built", where=f"{work}/{LOCK}", remedy="see above")
