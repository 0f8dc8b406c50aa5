"""Which code made a release: the last commit that touched it, and its files as they lay in the work tree."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes, digest_file

CODE_PATHS = (
    "roadworthy",
    "tasks",
    "flows",
    "cli",
    "queries",
    "expectations",
    "prompts",
    "policies",
    "tools",
    "guards",
    "evalsets",
    "pyproject.toml",
    "requirements.lock",
)
"""What counts as code. A commit that touches none of it (the README, dvc.lock) makes no new release."""

WRITTEN_BY_RELEASES = ("dvc.lock",)
"""What making a release changes itself, so that it can't make the work tree unclean."""


@dataclass(frozen=True)
class CodeIdentity:
    """The code that made a release."""

    commit: str | None
    """The last commit that touched the code; None outside of Git."""
    clean: bool
    """Whether the work tree held just what is committed. A release of an unclean one stays a candidate."""
    changed_files: tuple[str, ...]
    """What was changed or new, relative to the repository's root."""
    tree: str
    """The digest of the code's files as they lay in the work tree."""
    reason: str | None = None
    """Why there is no commit, for people."""


def identify_code(root: Path, paths: tuple[str, ...] = CODE_PATHS) -> CodeIdentity:
    """Return the identity of the code at `paths` below the repository's `root`; without Git, too."""
    try:
        commit = _git(root, "rev-list", "-1", "HEAD", "--", *paths).strip()
        changed = _changed_files(root)
        files = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
    except _NoGit as error:
        return CodeIdentity(None, False, (), _tree(root, _files_below(root, paths)), str(error))
    names = {name for name in files.split("\0") if (root / name).is_file()}
    tree = _tree(root, names)
    if not commit:
        return CodeIdentity(None, False, changed, tree, "no commit has touched the code yet")
    return CodeIdentity(commit, not changed, changed, tree)


def _changed_files(root: Path) -> tuple[str, ...]:
    excluded = [f":(exclude){path}" for path in WRITTEN_BY_RELEASES]
    status = _git(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal", "--", ".", *excluded)
    # Each line: two letters of status, a space, the path.
    return tuple(sorted(line[3:] for line in status.split("\0") if line))


def _tree(root: Path, names: set[str]) -> str:
    return digest_bytes(canonical_json({name: _digest(root / name) for name in names}))


def _digest(path: Path) -> str:
    state = path.stat()
    return _digest_once(path, (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino))


@lru_cache(maxsize=10_000)
def _digest_once(path: Path, _stamp: tuple[int, int, int, int]) -> str:
    """Read a file once while it stays the same: a release is identified several times in one process."""
    return digest_file(path)


def _files_below(root: Path, paths: tuple[str, ...]) -> set[str]:
    found = (file for path in paths for file in [root / path, *(root / path).rglob("*")] if file.is_file())
    return {file.relative_to(root).as_posix() for file in found if "__pycache__" not in file.parts}


_OF_ANOTHER_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Set inside of a Git hook; they would turn our questions to that hook's repository."""


class _NoGit(Exception):
    """Git is not there, or this is no repository with a commit."""


def _git(root: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, env=environment | {"LC_ALL": "C"}, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise _NoGit("Git is not installed") from error
    if done.returncode:
        raise _NoGit(_reason(done.stderr.decode(errors="replace")))
    return done.stdout.decode(errors="replace")


def _reason(complaint: str) -> str:
    if "bad revision 'HEAD'" in complaint:
        return "there is no commit yet"
    return complaint.strip().split("\n")[0] or "Git failed"
