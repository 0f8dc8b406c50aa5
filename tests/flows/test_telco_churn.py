"""Another table ships with a section in params.yaml and a suite of expectations, and no line of Python."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fakes.small_project import REPOSITORY, make_small_project

TABLE = REPOSITORY.parent / "shared" / "corpora" / "telco_churn" / "Telco-Customer-Churn.csv"
EXAMPLE = REPOSITORY / "docs" / "examples"


@pytest.mark.skipif(not TABLE.is_file(), reason="the table is third-party data that a clone does not have")
def test_telco_churn_ships_by_configuration_alone(prefect_api_url: str, mlflow_tables: Path, tmp_path: Path) -> None:
    """The documented example, word for word: blanks are missing values, eleven rows go to quarantine, gates pass."""
    project = make_small_project(tmp_path / "telco", prefect_api_url, mlflow_tables)
    (project.root / "data-in").mkdir()
    shutil.copyfile(TABLE, project.root / "data-in" / TABLE.name)
    shutil.copyfile(EXAMPLE / "telco_churn_expectations.json", project.root / "expectations" / "telco_churn.json")
    section = (EXAMPLE / "telco_churn.yaml").read_text()
    indented = "".join(f"  {line}\n" for line in section.splitlines())
    with (project.root / "params.yaml").open("a") as params:
        params.write(indented)
    assert project.run("render").returncode == 0
    project.commit("Bring another table")
    done = project.run("release", "telco-churn", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    shipped = json.loads(done.stdout)
    assert shipped["release"] == 1
    assert shipped["clean_work_tree"] is True
    assert shipped["verdict"] == "pass"
    assert 0.8 < shipped["metrics"]["auc"]["value"] < 0.9
    validation = project.root / "data" / "telco-churn" / "validation" / "validation.json"
    assert json.loads(validation.read_text())["tables"]["customers"]["quarantined"] == 11
