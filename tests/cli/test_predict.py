"""`roadworthy predict`: what a person gets who has a table and a released model."""

from __future__ import annotations

import json
from pathlib import Path

import pandas
from fakes.front_door import ask
from fakes.small_project import SmallProject


def test_a_table_is_predicted_by_the_release_in_production(promoted_project: SmallProject, tmp_path: Path) -> None:
    """The release that is named, or the live one, fetched and verified from the store, predicts every row."""
    table = promoted_project.root / "customers.csv"
    target = tmp_path / "scores.parquet"
    answer = ask(promoted_project.root, "predict", "churn", str(table), "--output", str(target), "--json")
    assert answer.code == 0, answer.err
    said = json.loads(answer.out)
    assert (said["release"], said["rows"]) == ("churn@2", 600)
    scores = pandas.read_parquet(target)["score"]
    assert len(scores) == 600
    assert scores.between(0, 1).all()
    first = ask(promoted_project.root, "predict", "churn@1", str(table), "--output", str(target), "--batch-rows", "7")
    assert "600 rows predicted by churn@1" in first.out


def test_rows_that_do_not_fit_are_refused(promoted_project: SmallProject, tmp_path: Path) -> None:
    """Exit 3, naming file and features."""
    table = tmp_path / "rows.csv"
    table.write_text("id,plan\n1,basic\n")
    answer = ask(promoted_project.root, "predict", "churn", str(table))
    assert answer.code == 3
    assert str(table) in answer.err
    assert "tenure" in answer.err
