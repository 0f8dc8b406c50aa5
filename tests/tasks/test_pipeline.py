"""What DVC knows of the steps: when it skips, when it restores, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.errors import IntegrityError
from roadworthy.workspace import Workspace
from tasks.catalog import ROUTES
from tasks.pipeline import Pipeline
from tasks.prepare import PREPARE
from tasks.train import TRAIN
from tasks.validate import VALIDATE

EVIL = b"somebody wrote here"


@pytest.fixture
def workspace(copied_project: SmallProject) -> Workspace:
    """The files of a released capability."""
    return Workspace(copied_project.root, CAPABILITY)


@pytest.fixture
def pipeline(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """DVC's view of them; DVC looks in the folder where the process stands."""
    monkeypatch.chdir(workspace.root)
    return Pipeline(workspace.root)


def test_after_a_release_every_stage_is_current(pipeline: Pipeline) -> None:
    """What was just made is not made again."""
    assert all(pipeline.is_current(step, CAPABILITY) for step in ROUTES["model"].to_bundle)


def test_a_removed_output_comes_back_from_the_cache(pipeline: Pipeline, workspace: Workspace) -> None:
    """An output that somebody removed is restored with the same bytes, and nothing is performed."""
    model = workspace.model / "model.skops"
    before = model.read_bytes()
    model.unlink()
    assert not pipeline.is_current(TRAIN, CAPABILITY)
    assert pipeline.restore(TRAIN, CAPABILITY)
    assert model.read_bytes() == before
    assert pipeline.is_current(TRAIN, CAPABILITY)


def test_parameters_that_change_meanwhile_are_noticed(pipeline: Pipeline, workspace: Workspace) -> None:
    """They are read once as long as the file stays the same, and no longer."""
    assert pipeline.is_current(TRAIN, CAPABILITY)
    params = workspace.root / "params.yaml"
    before = params.read_text()
    params.write_text(before.replace("seed: ", "seed: 1"))
    assert params.read_text() != before
    assert not pipeline.is_current(TRAIN, CAPABILITY)


@pytest.mark.parametrize("mode", [0o444, 0o644])
def test_a_tampered_object_is_refused_by_its_name(pipeline: Pipeline, workspace: Workspace, mode: int) -> None:
    """DVC believes a write-protected object and silently drops another; both are refused, and nothing is restored."""
    model = workspace.model / "model.skops"
    kept = _object_with(workspace.root, model.read_bytes())
    _overwrite(kept, mode)
    model.unlink()
    with pytest.raises(IntegrityError, match=r"data/churn/model/model\.skops") as caught:
        pipeline.restore(TRAIN, CAPABILITY)
    assert caught.value.where == str(kept)
    assert caught.value.remedy
    assert not model.exists()
    assert kept.read_bytes() == EVIL


def test_a_tampered_listing_of_a_folder_is_refused(pipeline: Pipeline, workspace: Workspace) -> None:
    """The object that lists a folder's files is held against its name as well."""
    for listing in (workspace.root / ".dvc" / "cache" / "files").rglob("*.dir"):
        _overwrite(listing, 0o444)
    (workspace.model / "model.skops").unlink()
    with pytest.raises(IntegrityError, match="data/churn/model"):
        pipeline.restore(TRAIN, CAPABILITY)
    assert not (workspace.model / "model.skops").exists()


def test_an_object_that_is_gone_means_that_the_step_runs(pipeline: Pipeline, workspace: Workspace) -> None:
    """Who removes a tampered object gets the step performed anew."""
    model = workspace.model / "model.skops"
    _object_with(workspace.root, model.read_bytes()).unlink()
    model.unlink()
    assert not pipeline.restore(TRAIN, CAPABILITY)


def test_other_objects_do_not_stop_a_step(pipeline: Pipeline, workspace: Workspace) -> None:
    """Only what would be restored is held against its name: a tampered model does not keep prepared rows away."""
    _overwrite(_object_with(workspace.root, (workspace.model / "model.skops").read_bytes()), 0o444)
    (workspace.prepared / "train.parquet").unlink()
    assert pipeline.restore(PREPARE, CAPABILITY)


def test_a_missing_input_is_left_to_the_step(pipeline: Pipeline, workspace: Workspace) -> None:
    """Nothing is restored for a step whose input is gone; the step then says what is missing."""
    (workspace.root / "expectations" / "customers.json").unlink()
    assert not pipeline.is_current(VALIDATE, CAPABILITY)
    assert not pipeline.restore(VALIDATE, CAPABILITY)


def _object_with(root: Path, content: bytes) -> Path:
    objects: Iterator[Path] = (root / ".dvc" / "cache" / "files").rglob("*")
    return next(path for path in objects if path.is_file() and path.read_bytes() == content)


def _overwrite(path: Path, mode: int) -> None:
    path.chmod(0o644)
    path.write_bytes(EVIL)
    path.chmod(mode)


def test_an_empty_folder_that_a_kill_left_in_the_run_cache_is_cleared(pipeline: Pipeline, workspace: Workspace) -> None:
    """DVC falls over an entry's folder without its entry, which a kill between the two leaves."""
    for entry in (workspace.root / ".dvc" / "cache" / "runs").glob("*/*/*"):
        entry.rename(entry.with_name("half.tmp"))
    (workspace.root / "dvc.lock").unlink()
    pipeline.clear_leftovers()
    assert not pipeline.restore(TRAIN, CAPABILITY)
