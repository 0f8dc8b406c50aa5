"""What a killed release leaves behind, and its end: the next release clears it away before it begins."""

from __future__ import annotations

from pathlib import Path

from roadworthy.atomic import remove, sweep
from tasks.pipeline import Pipeline


def scratch_folder(home: Path) -> Path:
    """Return where worker processes have their temporary files, so that a killed one's are found again."""
    return home / "scratch"


def clear_leftovers(root: Path, home: Path) -> None:
    """Remove what writers left that were killed; for whoever holds the work tree's lock.

    What is in use by others stays: they may work in HOME, where their files are known by their process.
    """
    for path in list((root / "data").rglob(".tmp-*")):
        # Nobody else writes there, so this does not ask for the process: its number may be another's by now.
        remove(path)
    remove(scratch_folder(home))
    sweep(root, ".tmp-*")
    sweep(home)
    Pipeline(root).clear_leftovers()
    for path in list((home / "mlflow" / "artifacts").rglob(".artifact.uploading.*")):
        remove(path)
