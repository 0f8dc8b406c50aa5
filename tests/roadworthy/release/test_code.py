"""The code's identity, asked of real Git repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from roadworthy.release.code import identify_code

PATHS = ("tasks", "pyproject.toml")


def git(root: Path, *arguments: str) -> str:
    """Run Git as a fixed author, untouched by the machine's configuration."""
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *author, *arguments],
        cwd=root,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(root: Path, name: str, content: str) -> str:
    """Commit one file, and return the commit."""
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(content)
    git(root, "add", name)
    git(root, "commit", "--quiet", "-m", name)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with code, a lock file of DVC and ignored rubbish, all committed."""
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, ".gitignore", "*.pyc\n")
    commit(tmp_path, "dvc.lock", "1")
    commit(tmp_path, "tasks/train.py", "one")
    return tmp_path


def test_a_clean_tree_has_the_last_commit_that_touched_the_code(repository: Path) -> None:
    """Committed code is clean, and known by its commit."""
    identity = identify_code(repository, PATHS)
    assert identity.commit == git(repository, "rev-parse", "HEAD")
    assert (identity.clean, identity.changed_files, identity.reason) == (True, (), None)


def test_a_commit_beside_the_code_keeps_the_identity(repository: Path) -> None:
    """The README and dvc.lock, committed or dvc.lock only written, give no new release."""
    before = identify_code(repository, PATHS)
    commit(repository, "README.md", "words")
    commit(repository, "dvc.lock", "2")
    (repository / "dvc.lock").write_text("3")
    (repository / "tasks" / "train.pyc").write_text("ignored")
    assert identify_code(repository, PATHS) == before


def test_a_commit_of_code_changes_it(repository: Path) -> None:
    """New code is a new commit and another tree, and going back gives the old tree again."""
    before = identify_code(repository, PATHS)
    changed = commit(repository, "tasks/train.py", "two")
    after = identify_code(repository, PATHS)
    assert after.commit == changed != before.commit
    assert after.tree != before.tree
    commit(repository, "tasks/train.py", "one")
    assert identify_code(repository, PATHS).tree == before.tree


@pytest.mark.parametrize(
    ("name", "changes_the_tree"),
    [("tasks/train.py", True), ("tasks/néw file.py", True), ("README.md", False)],
)
@pytest.mark.parametrize("staged", [True, False])
def test_what_is_not_committed_is_named(repository: Path, name: str, changes_the_tree: bool, staged: bool) -> None:
    """A changed or new file makes the work tree unclean, by name; the tree's digest is of code alone."""
    before = identify_code(repository, PATHS)
    (repository / name).write_text("changed")
    if staged:
        git(repository, "add", name)
    identity = identify_code(repository, PATHS)
    assert (identity.clean, identity.changed_files) == (False, (name,))
    assert identity.commit == before.commit
    assert (identity.tree != before.tree) is changes_the_tree


def test_a_removed_and_a_renamed_file_are_named(repository: Path) -> None:
    """Both names of a renamed file count as changed."""
    git(repository, "mv", "tasks/train.py", "tasks/fit.py")
    assert identify_code(repository, PATHS).changed_files == ("tasks/fit.py", "tasks/train.py")


def test_without_a_repository_the_reason_is_given(tmp_path: Path) -> None:
    """No repository: unclean, no commit, a reason, and still the digest of the files, rubbish left out."""
    (tmp_path / "tasks" / "__pycache__").mkdir(parents=True)
    (tmp_path / "tasks" / "train.py").write_text("one")
    identity = identify_code(tmp_path, PATHS)
    assert (identity.commit, identity.clean) == (None, False)
    assert "not a git repository" in str(identity.reason)
    (tmp_path / "tasks" / "__pycache__" / "train.pyc").write_text("rubbish")
    assert identify_code(tmp_path, PATHS) == identity


def test_the_same_files_have_one_tree_digest_in_git_and_outside(repository: Path, tmp_path_factory) -> None:
    """The digest is of names and contents alone."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "tasks").mkdir()
    (outside / "tasks" / "train.py").write_text("one")
    assert identify_code(outside, PATHS).tree == identify_code(repository, PATHS).tree


def test_before_the_first_commit(tmp_path: Path) -> None:
    """A repository without a commit, or without one that touched the code, has no identity to offer."""
    git(tmp_path, "init", "--quiet")
    assert identify_code(tmp_path, PATHS).reason == "there is no commit yet"
    commit(tmp_path, "README.md", "words")
    identity = identify_code(tmp_path, PATHS)
    assert (identity.commit, identity.clean) == (None, False)
    assert identity.reason == "no commit has touched the code yet"


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Git is told so."""
    monkeypatch.setenv("PATH", str(repository))
    identity = identify_code(repository, PATHS)
    assert (identity.commit, identity.reason) == (None, "Git is not installed")


def test_inside_a_hook_of_another_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git's own variables, as a hook has them set, don't turn the question to another repository."""
    expected = identify_code(repository, PATHS)
    monkeypatch.setenv("GIT_DIR", str(repository / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere")
    assert identify_code(repository, PATHS) == expected
