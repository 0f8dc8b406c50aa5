"""A whole table predicted: the same numbers whatever the batches, and clear errors that leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import pandas
import pytest
from fakes.small_bundle import make_small_bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadworthy.errors import DataError
from roadworthy.modelling.batch_prediction import SCORE, predict_table
from roadworthy.modelling.fitted_model import FittedModel, read_bundled_model


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's root with a small bundle, and the rows that it was evaluated on."""
    root = tmp_path_factory.mktemp("bundle")
    make_small_bundle(root)
    return root


@pytest.fixture(scope="module")
def rows(root: Path) -> Path:
    """The rows on which the model was evaluated."""
    return root / "data" / "flight-delay" / "prepared" / "evaluate.parquet"


@pytest.fixture(scope="module")
def model(root: Path) -> FittedModel:
    """The bundle's model."""
    return read_bundled_model(root / "data" / "flight-delay" / "bundle")


@given(batch_rows=st.integers(1, 200))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_of_any_size_give_the_scores_of_the_evaluation(
    root: Path, rows: Path, model: FittedModel, batch_rows: int
) -> None:
    """Every row keeps its columns and order, and gets exactly the score that evaluation gave it."""
    told: list[int] = []
    target = root / "scored.parquet"
    assert predict_table(model, rows, target, batch_rows, told.append) == 150
    scored = pandas.read_parquet(target)
    evaluated = pandas.read_parquet(root / "data" / "flight-delay" / "evaluation" / "predictions.parquet")
    assert scored[SCORE].tolist() == evaluated[SCORE].tolist()
    pandas.testing.assert_frame_equal(scored.drop(columns=SCORE), pandas.read_parquet(rows))
    assert told[-1] == 150
    assert len(told) == -(-150 // batch_rows)


def test_csv_gives_the_same_scores(rows: Path, model: FittedModel, tmp_path: Path) -> None:
    """Empty fields are missing values; a column that is no feature may hold anything."""
    frame = pandas.read_parquet(rows).assign(note="x")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    predict_table(model, tmp_path / "rows.csv", tmp_path / "csv.parquet", 40)
    predict_table(model, rows, tmp_path / "parquet.parquet", 40)
    scores = [pandas.read_parquet(tmp_path / f"{kind}.parquet")[SCORE].tolist() for kind in ("csv", "parquet")]
    assert scores[0] == pytest.approx(scores[1], abs=1e-12)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("gone.csv", None, "there is no such table"),
        ("rows.xlsx", b"x", "only Parquet and CSV"),
        ("empty.csv", b"", "can't be read"),
        ("headings.csv", b"flight,carrier,distance,wind\n", "has no rows"),
        ("short.csv", b"flight,carrier\n1,AA\n", "lack 2 of the model's features: distance, wind"),
        ("words.csv", b"flight,carrier,distance,wind\n1,AA,far,3\n", "can't be read"),
        ("taken.csv", b"carrier,distance,wind,score\nAA,1,2,3\n", "a column score of its own"),
        ("truncated.parquet", b"PAR1 and no more", "can't be read"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    model: FittedModel, tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    """One error that names the file, says what to do, and leaves an earlier result as it was."""
    source, target = tmp_path / name, tmp_path / "scored.parquet"
    target.write_bytes(b"an earlier result")
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(DataError, match=problem) as caught:
        predict_table(model, source, target, 10)
    assert str(source) in (caught.value.where or "")
    assert caught.value.remedy
    assert target.read_bytes() == b"an earlier result"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        {target.name, *([name] if content is not None else [])}
    )
