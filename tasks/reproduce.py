"""Rebuilds a release in an empty folder from nothing but its manifest, and compares the bytes file by file."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from roadworthy.digest import digest_files
from roadworthy.errors import IntegrityError, RuleBroken, StepFailed, UsageError
from roadworthy.release.bundle import fetch_bundle
from roadworthy.release.manifest import Manifest
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from roadworthy.store import Store
from roadworthy.workspace import Workspace
from tasks.rebuild_environment import STANDARD_ERROR, environment_for
from tasks.rebuild_sources import bring_answers, bring_sources

MANIFEST = "manifest.json"


class Sameness(StrEnum):
    """How a rebuilt file compares with the released one."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing"
    EXTRA = "extra"


@dataclass(frozen=True)
class FileComparison:
    """One file of the bundle: released and rebuilt digests."""

    name: str
    sameness: Sameness
    released: str | None
    rebuilt: str | None


@dataclass(frozen=True)
class Reproduction:
    """What came of it, file by file."""

    release: str
    commit: str
    environment: str
    """Whether this environment served, or one was built from the release's lock."""
    files: tuple[FileComparison, ...]

    @property
    def identical(self) -> bool:
        """Tell whether every file came out byte for byte."""
        return all(file.sameness is Sameness.SAME for file in self.files)


def reproduce(
    settings: Settings, store: Store, capability: str, digest: str, folder: Path, announce: Announce
) -> Reproduction:
    """Rebuild the release `digest` in `folder`, which must be empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UsageError(f"the folder is not empty: {folder}", where="--into", remedy="name an empty or a new one")
    released = folder / "released"
    fetch_bundle(store, digest, released)
    manifest = Manifest.from_bytes((released / MANIFEST).read_bytes())
    announce("fetched the released bundle, and verified every digest")
    commit = _commit(manifest)
    work = folder / "work"
    _check_out(settings.root.resolve(), commit, work)
    announce(f"checked out the code of {commit[:12]}")
    _write_parameters(released, capability, work)
    bring_sources(settings, released, work)
    bring_answers(settings, released, work)
    python, environment = environment_for(settings, released, work)
    announce(environment)
    _run(python, work, capability)
    files = compare_folders(released, Workspace(work, capability).bundle)
    return Reproduction(digest, commit, environment, files)


def compare_folders(released: Path, rebuilt: Path) -> tuple[FileComparison, ...]:
    """Compare two bundles by digest; the manifest, which says so of the released one, stays out."""
    old, new = digest_files(released), digest_files(rebuilt)
    old.pop(MANIFEST, None)
    return tuple(_compare(name, old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys()))


def _compare(name: str, released: str | None, rebuilt: str | None) -> FileComparison:
    if rebuilt is None:
        return FileComparison(name, Sameness.MISSING, released, None)
    if released is None:
        return FileComparison(name, Sameness.EXTRA, None, rebuilt)
    sameness = Sameness.SAME if released == rebuilt else Sameness.DIFFERENT
    return FileComparison(name, sameness, released, rebuilt)


def _commit(manifest: Manifest) -> str:
    commit = manifest.commit
    if commit is None:
        raise RuleBroken(
            "the release was made outside Git, so nobody knows its code",
            remedy="releases can be reproduced when they are made from a committed work tree",
        )
    return commit


def _check_out(repository: Path, commit: str, work: Path) -> None:
    _git(repository, "clone", "--quiet", "--no-checkout", "--shared", str(repository), str(work))
    try:
        _git(work, "checkout", "--quiet", commit)
    except StepFailed:
        raise IntegrityError(
            f"this repository does not have the commit {commit}",
            where=str(repository),
            remedy="git fetch it from where the release was made",
        ) from None


def _git(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StepFailed(f"git {arguments[0]} failed: {done.stderr.strip()}", where=str(folder))


def _write_parameters(released: Path, capability: str, work: Path) -> None:
    # JSON is YAML; the release's own section alone, whatever else stood in the file at that commit.
    parameters = json.loads((released / "parameters.json").read_bytes())
    content = json.dumps({"capabilities": {capability: parameters}}, indent=2)
    (work / "params.yaml").write_text(content, encoding="utf-8")


def _run(python: str, work: Path, capability: str) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ROADWORTHY_")}
    # The work folder comes first on the path, so that the code of that commit runs and not ours.
    environment = {**own, "PYTHONPATH": str(work)}
    command = [python, "-m", "tasks.rebuild", capability]
    done = subprocess.run(command, cwd=work, env=environment, stdout=STANDARD_ERROR, check=False)
    if done.returncode:
        raise StepFailed("the rebuild stopped; what it said stands above", where=str(work))
