"""`roadworthy registry`: what was lost or changed in MLflow comes back from the ledger and the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fakes.front_door import Answer, ask
from fakes.small_project import SmallProject


def test_rebuild_brings_a_lost_registry_back(released_project: SmallProject, copied_project: SmallProject) -> None:
    """MLflow's database is gone: one command shows version 1 as before, with its run; again, it changes nothing."""
    _database(copied_project.root).unlink()
    answer = _ask(copied_project, "rebuild")
    assert answer.code == 0
    assert answer.out == "1 versions of churn are in MLflow\n"
    assert "churn@1 is version 1" in answer.err
    rebuilt, lost = _shown(copied_project), _shown(released_project)
    assert rebuilt["tags"].items() >= lost["tags"].items()
    assert rebuilt["tags"]["gates"].startswith("pass: ")
    assert {**rebuilt, "tags": lost["tags"]} == lost

    again = _ask(copied_project, "rebuild", "--json")
    assert json.loads(again.out) == {"capability": "churn", "versions": ["1"]}
    assert _shown(copied_project) == rebuilt


def test_sync_puts_right_what_somebody_changed(copied_project: SmallProject) -> None:
    """A removed tag and alias come back, a changed tag says again what the ledger says; tags of people's own stay."""
    client = _client(copied_project)
    _ask(copied_project, "sync")
    before = _shown(copied_project)
    client.delete_model_version_tag("churn", "1", "gates")
    client.set_model_version_tag("churn", "1", "stage", "production")
    client.delete_registered_model_alias("churn", "candidate")
    client.set_model_version_tag("churn", "1", "note", "looks good")
    assert _ask(copied_project, "sync").out == "MLflow says what the ledger of churn says\n"
    assert _shown(copied_project) == {**before, "tags": {**before["tags"], "note": "looks good"}}


def test_sync_says_what_mlflow_lacks_and_how_to_get_it(copied_project: SmallProject) -> None:
    """On a version that is gone nothing can be put right: sync names the release and the command that helps."""
    _client(copied_project).delete_model_version("churn", "1")
    answer = _ask(copied_project, "sync")
    assert answer.code == 0
    assert answer.out == "MLflow lacks releases 1 of churn: `roadworthy registry rebuild churn` shows them\n"
    assert json.loads(_ask(copied_project, "sync", "--json").out) == {
        "capability": "churn",
        "synced": False,
        "missing": [1],
    }


def test_an_unknown_capability_is_refused(released_project: SmallProject) -> None:
    """Neither command makes anything in MLflow for a name that has no ledger: exit 2, and what was meant."""
    for command in ("sync", "rebuild"):
        answer = ask(released_project.root, "registry", command, "chrun")
        assert answer.code == 2
        assert "Did you mean 'churn'?" in answer.err


def _ask(project: SmallProject, command: str, *options: str) -> Answer:
    # By name, because MLflow keeps the address that was used last in the environment.
    address = f"sqlite:///{_database(project.root)}"
    return ask(project.root, "registry", command, "churn", *options, ROADWORTHY_TRACKING_URI=address)


def _shown(project: SmallProject) -> dict[str, Any]:
    """Return what people see of churn in MLflow, but for the identifiers that MLflow makes up."""
    client = _client(project)
    (version,) = client.search_model_versions("name = 'churn'")
    run = client.get_run(version.run_id)
    return {
        "version": str(version.version),
        "tags": dict(version.tags),
        "description": version.description,
        "stage": version.current_stage,
        "aliases": {alias: str(of) for alias, of in client.get_registered_model("churn").aliases.items()},
        "params": run.data.params,
        "metrics": run.data.metrics,
        "started": run.info.start_time,
    }


def _client(project: SmallProject) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{_database(project.root)}")


def _database(root: Path) -> Path:
    return root / ".roadworthy" / "mlflow" / "mlflow.db"
