"""The bundle: everything that serving and rebuilding need, and nothing of this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.digest import digest_files
from roadworthy.params.loading import capability_params, load_params
from roadworthy.workspace import Workspace
from tasks.package import package


@pytest.fixture
def workspace(copied_project: SmallProject) -> Workspace:
    """A capability whose steps have run."""
    return Workspace(copied_project.root, CAPABILITY)


def test_the_bundle_holds_what_is_needed(workspace: Workspace) -> None:
    """Model, schema, card, evaluation, expectations, validation with Data Docs, parameters, lock and reference."""
    files = digest_files(workspace.bundle)
    assert set(files) == {
        "MODEL_CARD.md",
        "drift/layout.json",
        "drift/nights.json",
        "evaluation/evaluation.json",
        "evaluation/reliability.svg",
        "evaluation/predictions.parquet",
        "evaluation/rows.json",
        "expectations/customers.json",
        "model/model.json",
        "model/model.skops",
        "model/probe.json",
        "model/probe.parquet",
        "parameters.json",
        "requirements.lock",
        "schema.json",
        "validation/data_docs/customers.html",
        "validation/data_docs/index.html",
        "validation/validation.json",
    }
    parameters = json.loads((workspace.bundle / "parameters.json").read_bytes())
    assert parameters["train"]["estimator"] == "sklearn.linear_model.LogisticRegression"
    assert "Tells which customers are about to leave." in (workspace.bundle / "MODEL_CARD.md").read_text()


def test_packing_again_gives_the_same_bytes(workspace: Workspace) -> None:
    """No clock and no order of a folder reaches the bundle."""
    before = digest_files(workspace.bundle)
    params = capability_params(load_params(workspace.root / "params.yaml"), CAPABILITY)
    package(params, workspace, lambda line: None)
    assert digest_files(workspace.bundle) == before


def test_nothing_in_it_tells_of_this_machine(workspace: Workspace, released_project: SmallProject) -> None:
    """Neither the folder in which it was made nor the machine's name stands in any file."""
    words = [str(released_project.root).encode(), os.uname().nodename.encode()]
    files = [path for path in Path(workspace.bundle).rglob("*") if path.is_file()]
    assert [(path.name, word) for path in files for word in words if word in path.read_bytes()] == []
