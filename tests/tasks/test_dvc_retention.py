"""DVC's versions made from evaluation sets go when they are old and nobody needs them, from cache and remote."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from dvc.repo import Repo
from fakes.memory_store import MemoryStore
from fakes.released_answers import release_files

from roadworthy.errors import Busy, Unavailable
from tasks.dvc_retention import scan_versions, sweep_versions
from tasks.dvc_versions import ExpiredVersions
from tasks.exclusive import exclusive

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
END = date(2026, 8, 25)
OLD = datetime(2026, 8, 1, tzinfo=UTC).timestamp()
STAGES = """
stages:
  evaluate-desk:
    cmd: mkdir -p data/evaluation && cp evalsets/desk.jsonl data/evaluation/answers.jsonl && cp same data/evaluation
    deps: [evalsets/desk.jsonl, same]
    outs: [data/evaluation]
  package-desk:
    cmd: mkdir -p data/bundle && cp data/evaluation/* data/bundle && date +%s%N > data/bundle/manifest.json
    deps: [data/evaluation]
    outs: [data/bundle]
  train-churn:
    cmd: mkdir -p data && cp table data/model
    deps: [table]
    outs: [data/model]
"""


@contextmanager
def at(folder: Path) -> Iterator[Repo]:
    """Open the repository in its root: DVC's stages run there."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with Repo(str(folder)) as repo:
            yield repo
    finally:
        os.chdir(before)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a set, a table, a remote, and nothing made of them yet."""
    root = tmp_path / "project"
    (root / "evalsets").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    with Repo.init(str(root)) as repo, repo.config.edit() as config:
        config["remote"]["shared"] = {"url": str(tmp_path / "remote")}
        config["core"]["remote"] = "shared"
    (root / "dvc.yaml").write_text(STAGES)
    (root / "same").write_text("the same in each version\n")
    return root


def make(root: Path, text: str, *, old: bool = True) -> None:
    """Let the set and the table hold this, perform all stages, and push; what was made long ago looks like it."""
    (root / "evalsets" / "desk.jsonl").write_text(f"query {text}\n")
    (root / "table").write_text(f"table {text}\n")
    with at(root) as repo:
        repo.reproduce()
        repo.push(run_cache=True)
    if old:
        for path in (root / ".dvc" / "cache" / "runs").glob("*/*/*"):
            os.utime(path, (OLD, OLD))


def held(folder: Path) -> set[str]:
    """Return the texts of files and the names of runs below a folder."""
    objects = {path.read_text().strip() for path in folder.glob("files/md5/*/*") if not path.name.endswith(".dir")}
    return {text for text in objects if not text.isdecimal()}


def runs(folder: Path) -> int:
    """Return how many runs a folder tells of."""
    return len([path for path in folder.glob("runs/*/*/*") if path.is_file()])


def test_an_old_version_of_a_set_goes_from_cache_and_remote(project: Path, tmp_path: Path) -> None:
    """With what was made from it; what is now in dvc.lock, what was made from tables and what is shared stays."""
    make(project, "one")
    make(project, "two")
    store, places = MemoryStore(), (project / ".dvc" / "cache", tmp_path / "remote")
    both = {"query one", "query two", "table one", "table two", "the same in each version"}
    assert [(held(place), runs(place)) for place in places] == [(both, 6)] * 2
    assert len(scan_versions(store, project, END).runs) == 2
    assert [held(place) for place in places] == [both] * 2, "to look removes nothing"
    assert sweep_versions(store, project, tmp_path / "home", END) > 0
    assert [(held(place), runs(place)) for place in places] == [(both - {"query one"}, 4)] * 2
    assert sweep_versions(store, project, tmp_path / "home", END) == 0
    with at(project) as repo:
        assert repo.status() == {}


def test_young_versions_stay(project: Path, tmp_path: Path) -> None:
    """Those on the last day of the policy, too."""
    make(project, "one", old=False)
    make(project, "two", old=False)
    assert scan_versions(MemoryStore(), project, END) == ExpiredVersions()


def test_what_a_release_refers_to_stays_whatever_its_age(project: Path, tmp_path: Path) -> None:
    """The whole version, so that DVC brings it back."""
    store = MemoryStore()
    make(project, "one")
    (project / "data" / "bundle" / "manifest.json").unlink()
    release_files(store, project / "data" / "bundle", NOON)
    make(project, "two")
    make(project, "three")
    sweep_versions(store, project, tmp_path / "home", END)
    for place in (project / ".dvc" / "cache", tmp_path / "remote"):
        assert {"query one", "query three"} <= held(place) and "query two" not in held(place)
    (project / "evalsets" / "desk.jsonl").write_text("query one\n")
    with at(project) as repo:
        (stage,) = repo.stage.collect("evaluate-desk")
        with repo.lock:
            repo.stage_cache.restore(stage)
    assert (project / "data" / "evaluation" / "answers.jsonl").read_text() == "query one\n"


def test_a_single_file_of_a_release_stays(project: Path, tmp_path: Path) -> None:
    """Its version goes, which no release holds as a whole."""
    store, part = MemoryStore(), tmp_path / "part"
    make(project, "one")
    part.mkdir()
    (part / "answers.jsonl").write_bytes((project / "data" / "evaluation" / "answers.jsonl").read_bytes())
    release_files(store, part, NOON)
    make(project, "two")
    sweep_versions(store, project, tmp_path / "home", END)
    for place in (project / ".dvc" / "cache", tmp_path / "remote"):
        assert "query one" in held(place) and runs(place) == 4


def test_without_a_remote_the_cache_is_swept(project: Path, tmp_path: Path) -> None:
    """A remote that is no default is nobody's."""
    make(project, "one")
    make(project, "two")
    with Repo(str(project)) as repo, repo.config.edit() as config:
        del config["core"]["remote"]
    sweep_versions(MemoryStore(), project, tmp_path / "home", END)
    assert "query one" not in held(project / ".dvc" / "cache")
    assert "query one" in held(tmp_path / "remote")


def test_a_remote_that_fails_leaves_what_tells_of_it(project: Path, tmp_path: Path) -> None:
    """Else nobody would know next time what is still there."""
    make(project, "one")
    make(project, "two")
    with Repo(str(project)) as repo, repo.config.edit() as config:
        # Its library is not installed.
        config["remote"]["shared"]["url"] = "hdfs://nowhere/data"
    with pytest.raises(Unavailable, match="remote"):
        sweep_versions(MemoryStore(), project, tmp_path / "home", END)
    assert "query one" in held(project / ".dvc" / "cache")


def test_while_a_release_is_made_nothing_is_removed(project: Path, tmp_path: Path) -> None:
    """It may be about to use it."""
    make(project, "one")
    make(project, "two")
    with exclusive(tmp_path / "home", "release"), pytest.raises(Busy, match="release"):
        sweep_versions(MemoryStore(), project, tmp_path / "home", END)
    assert "query one" in held(project / ".dvc" / "cache")


def test_where_there_is_no_dvc_there_is_nothing_to_do(tmp_path: Path) -> None:
    """A machine that only serves has none."""
    assert sweep_versions(MemoryStore(), tmp_path, tmp_path, END) == 0
