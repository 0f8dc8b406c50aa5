"""The interpreter of a rebuild: this one only while it has the lock and what the lock pins."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from roadworthy.errors import StepFailed
from roadworthy.settings import Settings
from tasks.rebuild_environment import environment_for

INSTALL = (
    "from pathlib import Path\nfolder = Path('.venv/bin')\nfolder.mkdir(parents=True)\n(folder / 'python').touch()\n"
)
FITTING, DRIFTED = f"pytest=={version('pytest')}\n", "pytest==0.1\n"


def ask(root: Path, released: str, ours: str, install: str = INSTALL) -> tuple[str, str]:
    """Ask for the interpreter with these locks."""
    for folder in ("released", "ours", "work/deployments"):
        (root / folder).mkdir(parents=True)
    (root / "released" / "requirements.lock").write_text(released)
    (root / "ours" / "requirements.lock").write_text(ours)
    (root / "work" / "deployments" / "install.py").write_text(install)
    return environment_for(Settings(root=root / "ours"), root / "released", root / "work")


def test_this_environment_serves_when_lock_and_packages_fit(tmp_path: Path) -> None:
    """Nothing is installed twice."""
    python, how = ask(tmp_path, FITTING, FITTING)
    assert python == sys.executable
    assert "and the packages that it pins" in how


@pytest.mark.parametrize(("ours", "why"), [(DRIFTED, "here pytest is "), (FITTING, "here the lock is another one")])
def test_else_one_is_built_from_the_lock(tmp_path: Path, ours: str, why: str) -> None:
    """The same lock is not enough while other packages are installed; why is said."""
    python, how = ask(tmp_path, DRIFTED, ours)
    assert Path(python) == tmp_path / "work" / ".venv" / "bin" / "python"
    assert Path(python).is_file()
    assert why in how


def test_an_environment_that_cannot_be_built_is_said(tmp_path: Path) -> None:
    """The rebuild stops there; it never runs in an environment that is not the release's."""
    with pytest.raises(StepFailed, match="can't be built"):
        ask(tmp_path, DRIFTED, FITTING, "raise SystemExit(1)")
