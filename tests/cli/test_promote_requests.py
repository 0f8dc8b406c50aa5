"""The main path of an approval, as commands: a lead says yes in MLflow, and `roadworthy promote` acts on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.front_door import ask
from fakes.small_project import SmallProject

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture
def live_project(promoted_project: SmallProject, tmp_path: Path) -> SmallProject:
    """A copy of the project with churn@1 retired and churn@2 live, which a test may change."""
    return promoted_project.copy(tmp_path / "churn")


def test_a_lead_s_tag_moves_the_release_once(copied_project: SmallProject) -> None:
    """approval=approved on the version: the command moves it to production; asked again, there is nothing to do."""
    mlflow = _mlflow(copied_project)
    mlflow.set_model_version_tag("churn", "1", "approval", "approved")
    said = copied_project.run("promote", "churn")
    assert said.returncode == 0, said.stderr
    assert said.stdout == "✔ churn@1 → production (tag approval=approved): moved to production\n"
    version = mlflow.get_model_version("churn", "1")
    assert "approval" not in version.tags
    assert (version.tags["stage"], version.current_stage) == ("production", "Production")
    assert mlflow.get_registered_model("churn").aliases == {"production": 1}
    assert _history(copied_project)[-1] == "moved to production"

    before = _history(copied_project)
    again = copied_project.run("promote")
    assert (again.returncode, again.stdout) == (0, "churn: nobody asked for anything\n"), again.stderr
    assert _history(copied_project) == before


def test_an_alias_against_the_rule_is_refused_with_the_reason(live_project: SmallProject) -> None:
    """Exit 5, the reason here, in MLflow and in the ledger; the alias goes back to what is live."""
    mlflow = _mlflow(live_project)
    mlflow.set_registered_model_alias("churn", "production", "1")
    said = live_project.run("promote", "churn")
    reason = "it is at retired and can't move to production; release again instead"
    assert said.returncode == 5, said.stderr
    assert said.stdout == f"✘ churn@1 → production (alias production): refused\n    {reason}\n"
    assert "Traceback" not in said.stderr
    version = mlflow.get_model_version("churn", "1")
    assert version.tags["approval.refused"] == reason
    assert reason in version.description
    assert mlflow.get_registered_model("churn").aliases == {"production": 2}
    assert _history(live_project)[-1] == f"request for production refused (alias production): {reason}"
    assert json.loads(ask(live_project.root, "status", "--json").out)[0]["release"] == 2


def _mlflow(project: SmallProject) -> MlflowClient:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{project.root}/.roadworthy/mlflow/mlflow.db")


def _history(project: SmallProject) -> list[str]:
    return [line["what"] for line in json.loads(ask(project.root, "history", "churn", "--json").out)]
