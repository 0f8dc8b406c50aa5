"""Training: the same rows, seed and threads give the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pandas
import pytest
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.canonical import readable_json
from roadworthy.digest import digest_files
from roadworthy.errors import ParamsError
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.params.model import OperatingPointParams, TextParams, TrainParams
from roadworthy.workspace import Workspace
from tasks.train import train

SMALL_TEXT = TextParams(character_columns=2**10, word_columns=2**8)


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


def test_a_model_of_texts_travels_without_them(workspace: Workspace) -> None:
    """Trained twice on texts it has equal bytes, none of which hold what anybody wrote."""
    for name in ("train", "evaluate"):
        rows = pandas.read_parquet(workspace.prepared / f"{name}.parquet")
        rows["note"] = rows["plan"].astype(str) + " plan, wanderlustig"
        rows.to_parquet(workspace.prepared / f"{name}.parquet", index=False)
    schema = FeatureSchema.read(workspace.prepared / "schema.json")
    note = Feature(name="note", kind="text", type="VARCHAR")
    changed = schema.model_copy(update={"features": (*schema.features, note)})
    (workspace.prepared / "schema.json").write_bytes(readable_json(changed.model_dump(mode="json")))
    params = TrainParams(estimator="sklearn.linear_model.LogisticRegression", encoding="one_hot", text=SMALL_TEXT)
    train(params, workspace, lambda line: None)
    first = digest_files(workspace.model)
    train(params, workspace, lambda line: None)
    assert digest_files(workspace.model) == first
    assert not [path for path in workspace.model.iterdir() if b"wanderlustig" in path.read_bytes()]
    assert "wanderlustig" not in str(pandas.read_parquet(workspace.model / "probe.parquet")["note"].tolist())
    assert json.loads((workspace.model / "model.json").read_bytes())["text"]["word_columns"] == 256


def test_the_threshold_is_chosen_before_the_model_is_kept(workspace: Workspace) -> None:
    """Asked for, it stands in model.json and is told; a column that prepare did not keep is named."""
    said: list[str] = []
    point = OperatingPointParams(false_positives=0.1, hold_out="plan", folds=2)
    params = TrainParams(estimator="sklearn.linear_model.LogisticRegression", encoding="one_hot", operating_point=point)
    train(params, workspace, said.append)
    kept = json.loads((workspace.model / "model.json").read_bytes())["operating_point"]
    assert kept["false_positives"] <= 0.1
    assert any(f"threshold {kept['threshold']:g}" in line for line in said)
    wrong = params.model_copy(update={"operating_point": point.model_copy(update={"hold_out": "household"})})
    with pytest.raises(ParamsError, match="no column 'household'"):
        train(wrong, workspace, said.append)
