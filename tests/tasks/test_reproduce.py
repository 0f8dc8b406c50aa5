"""What is refused before a rebuild, and how its bytes are compared."""

from __future__ import annotations

import shutil
from pathlib import Path

from fakes.front_door import ask
from fakes.small_project import SmallProject, git

from tasks.reproduce import Sameness, compare_folders


def test_every_file_is_compared_by_its_bytes(tmp_path: Path) -> None:
    """Same, different, missing and extra are told apart; the manifest, which lists the others, stays out."""
    released, rebuilt = tmp_path / "released", tmp_path / "rebuilt"
    for folder, files in (
        (released, {"same": "a", "different": "a", "missing": "a", "manifest.json": "{}"}),
        (rebuilt, {"same": "a", "different": "b", "extra": "a"}),
    ):
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(content)
    assert {file.name: file.sameness for file in compare_folders(released, rebuilt)} == {
        "different": Sameness.DIFFERENT,
        "extra": Sameness.EXTRA,
        "missing": Sameness.MISSING,
        "same": Sameness.SAME,
    }


def test_a_folder_in_use_is_refused(released_project: SmallProject, tmp_path: Path) -> None:
    """Nothing of anybody's is written over: exit 2 for a folder that is not empty."""
    (tmp_path / "letter.txt").write_text("dear all")
    answer = ask(released_project.root, "reproduce", "churn@1", "--into", str(tmp_path))
    assert answer.code == 2
    assert "the folder is not empty" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_commit_that_is_not_here_is_said(copied_project: SmallProject, tmp_path: Path) -> None:
    """In a repository without the release's commit: exit 4, the commit, and where to get it from."""
    shutil.rmtree(copied_project.root / ".git")
    git(copied_project.root, "init", "--quiet")
    copied_project.commit("Another history")
    answer = ask(copied_project.root, "reproduce", "churn@1", "--into", str(tmp_path / "again"))
    assert answer.code == 4
    assert "does not have the commit" in answer.err
    assert "git fetch" in answer.err
