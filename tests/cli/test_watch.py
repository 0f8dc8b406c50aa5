"""`roadworthy watch`: nights replayed from a capability's own data, and clear answers to what can't be replayed."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas
import pytest
from fakes.front_door import ask
from fakes.small_project import REPOSITORY

PARAMS = """
capabilities:
  late:
    kind: model
    description: Tells which parcels come late.
    owner: tests
    card: {intended_use: tests, limitations: made-up data, licence_of_data: CC0-1.0}
    ingest: {sources: {parcels: {uri: parcels.csv, sha256: "%s", format: csv}}}
    prepare:
      keys: [at]
      time_column: at
      windows:
        train: {start: "2024-01-01", end: "2024-02-10"}
        evaluate: {start: "2024-02-10", end: "2024-03-01"}
      label: {column: late, positive: true}
      features: {categorical: [depot], numeric: [weight]}
    train: {estimator: sklearn.linear_model.LogisticRegression, encoding: one_hot}
    gates:
      - {kind: not_worse, metric: auc, margin: 0.02}
"""


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with 60 nights of parcels, none on 20 February, as `validate` leaves them."""
    root = tmp_path_factory.mktemp("parcels")
    (root / "params.yaml").write_text(PARAMS % (64 * "0"))
    generator = np.random.default_rng(4)
    count = 60 * 130
    at = pandas.Timestamp("2024-01-01", tz="UTC") + np.arange(count) * timedelta(minutes=11)
    weight, depot = generator.normal(size=count), generator.choice(["north", "south"], size=count)
    late = generator.random(count) < 1 / (1 + np.exp(1 - 2 * weight))
    frame = pandas.DataFrame({"at": at, "weight": weight, "depot": depot, "late": late})
    folder = root / "data" / "late" / "validated"
    folder.mkdir(parents=True)
    frame[frame["at"].dt.strftime("%m-%d") != "02-20"].to_parquet(folder / "parcels.parquet", index=False)
    return root


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with our own params.yaml and no data."""
    root = tmp_path_factory.mktemp("empty")
    shutil.copy(REPOSITORY / "params.yaml", root)
    return root


def test_a_night_is_told(parcels: Path) -> None:
    """Rows, drift, performance before and after the labels, and what the trigger says."""
    answer = ask(parcels, "watch", "late", "--night", "2024-02-12", "--json")
    assert answer.code == 0, answer.err
    night = json.loads(answer.out)
    assert (night["night"], night["state"], night["decision"]["verdict"]) == ("2024-02-12", "replayed", "keep")
    assert 0.6 < night["estimated"]["metrics"]["auc"]["value"] < 1
    assert night["measured"]["verdict"] == "measured"
    report = night["drift_report"]
    assert (report["night"], report["rows"], report["origin"]) == ("2024-02-12", night["rows"], "data")
    assert report["verdict"] == night["drift"]["verdict"]


def test_a_span_is_told_and_drawn(parcels: Path) -> None:
    """A line a night, the three ways to retrain, and JSON and picture below reports/; a second run changes no byte."""
    answer = ask(parcels, "watch", "late", "--replay", "2024-02-05..2024-02-25")
    assert answer.code == 0, answer.err
    assert "2024-02-20  0" in answer.out
    for way in ("stale", "monthly", "triggered"):
        assert way in answer.out
    folder = parcels / "reports" / "replay"
    before = {name: (folder / name).read_bytes() for name in ("late.json", "late.svg")}
    again = ask(parcels, "watch", "late", "--replay", "2024-02-05..2024-02-25", "--json")
    assert json.loads(again.out) == json.loads(before["late.json"])
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_a_night_without_rows_says_so(parcels: Path) -> None:
    """It is no failure, and not green either: it has a name."""
    answer = ask(parcels, "watch", "late", "--night", "2024-02-20")
    assert answer.code == 0, answer.err
    assert "0 rows, no_rows" in answer.out
    assert "drift:     no_rows" in answer.out
    for word in ("drift:", "estimated:", "measured:", "trigger:"):
        assert word in answer.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--night", "2024-07-14"), 2, "2024-01-01 to 2024-02-29"),
        (("--replay", "2025-01..2025-03"), 2, "2024-01-01 to 2024-02-29"),
        (("--replay", "2024-01-10..2024-02-10"), 3, "only 9 nights lie before"),
        (("--replay", "2024-03..2024-02"), 2, "ends before it begins"),
        (("--night", "yesterday"), 2, "no day"),
        (("--night", "2024-02-31"), 2, "no day"),
        ((), 2, "say which nights"),
        (("--night", "2024-02-12", "--replay", "2024-02"), 2, "say which nights"),
    ],
)
def test_nights_that_can_not_be_replayed(parcels: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    """Each has its exit code and says what there is."""
    answer = ask(parcels, "watch", "late", *arguments)
    assert answer.code == code
    assert words in answer.err


@pytest.mark.parametrize(
    ("capability", "code", "words"),
    [
        ("flight-delays", 2, "did you mean 'flight-delay'"),
        ("bank-helpdesk", 2, "is an assistant"),
        ("injection-guard", 2, "have no time"),
        ("flight-delay", 3, "roadworthy release flight-delay"),
    ],
)
def test_capabilities_that_can_not_be_replayed(empty: Path, capability: str, code: int, words: str) -> None:
    """Unknown ones, assistants, rows without a time, and data that was never fetched."""
    answer = ask(empty, "watch", capability, "--night", "2013-07-14")
    assert answer.code == code
    assert words in answer.err
