"""Training: the same rows, seed and threads give the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.digest import digest_files
from roadworthy.params.model import TrainParams
from roadworthy.workspace import Workspace
from tasks.train import train


@pytest.fixture
def workspace(copied_project: SmallProject) -> Workspace:
    """The prepared rows of a small capability."""
    return Workspace(copied_project.root, CAPABILITY)


@pytest.mark.parametrize(
    ("estimator", "encoding"),
    [
        ("sklearn.linear_model.LogisticRegression", "one_hot"),
        ("sklearn.ensemble.HistGradientBoostingClassifier", "ordinal"),
        ("sklearn.ensemble.RandomForestClassifier", "ordinal"),
    ],
)
def test_two_trainings_give_equal_bytes(workspace: Workspace, estimator: str, encoding: str) -> None:
    """Any scikit-learn classifier by its import path; every file of the model is the same the second time."""
    params = TrainParams(estimator=estimator, encoding=encoding, seed=3)
    said: list[str] = []
    train(params, workspace, said.append)
    first = digest_files(workspace.model)
    train(params, workspace, said.append)
    assert digest_files(workspace.model) == first
    assert set(first) == {"model.json", "model.skops", "probe.json", "probe.parquet"}
    assert estimator.rpartition(".")[2] in said[0]


def test_another_seed_gives_another_forest(workspace: Workspace) -> None:
    """The seed reaches the estimator."""
    digests = []
    for seed in (1, 2):
        params = TrainParams(estimator="sklearn.ensemble.RandomForestClassifier", seed=seed)
        train(params, workspace, lambda line: None)
        digests.append(digest_files(Path(workspace.model))["probe.json"])
    assert digests[0] != digests[1]
