"""What a model takes: the features in order, and rows turned into what it was trained on, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy
import pandas
import pytest
from pydantic import ValidationError

from roadworthy.canonical import readable_json
from roadworthy.errors import DataError
from roadworthy.modelling.schema import Feature, FeatureSchema

SCHEMA = FeatureSchema(
    features=(
        Feature(name="carrier", kind="categorical", type="VARCHAR"),
        Feature(name="hour", kind="numeric", type="SMALLINT"),
        Feature(name="origin", kind="categorical", type="VARCHAR"),
    ),
    label="late",
    positive=True,
)


def frame(**columns: object) -> pandas.DataFrame:
    """Return two rows with every feature, some columns replaced."""
    return pandas.DataFrame({"origin": ["JFK", "LGA"], "hour": [1, 2], "carrier": ["AA", "B6"], **columns})


def texts(column: object) -> list[str | None]:
    """Return what the model sees of a categorical column, a missing value as None."""
    selected = SCHEMA.select(frame(carrier=column))["carrier"]
    return [None if pandas.isna(value) else value for value in selected]


def numbers(column: object) -> list[float]:
    """Return what the model sees of a numeric column."""
    selected = SCHEMA.select(frame(hour=column))["hour"]
    assert selected.dtype == "float64"
    return list(selected)


def test_a_schema_survives_its_file(tmp_path: Path) -> None:
    """Written as JSON and read back it is the same, the positive value's type too."""
    for positive in (True, 1, "Yes"):
        schema = SCHEMA.model_copy(update={"positive": positive})
        (tmp_path / "schema.json").write_bytes(readable_json(schema.model_dump(mode="json")))
        again = FeatureSchema.read(tmp_path / "schema.json")
        assert again == schema
        assert type(again.positive) is type(positive)


def test_a_schema_with_an_unknown_key_or_kind_is_refused() -> None:
    """A file of another version is not half understood."""
    content = SCHEMA.model_dump(mode="json")
    for wrong in ({**content, "version": 2}, {**content, "features": [{"name": "x", "kind": "picture", "type": "x"}]}):
        with pytest.raises(ValidationError):
            FeatureSchema.model_validate(wrong)


def test_names_keep_their_order() -> None:
    """All of them, and those of one kind."""
    assert SCHEMA.columns == ["carrier", "hour", "origin"]
    assert SCHEMA.names("categorical") == ["carrier", "origin"]
    assert SCHEMA.names("numeric") == ["hour"]


def test_select_takes_the_features_in_the_models_order_and_nothing_else() -> None:
    """The order of the given columns, and further ones, don't matter; the given rows stay as they are."""
    rows = frame(label=[0, 1], index=[7, 8]).set_index("index")
    before = rows.copy()
    selected = SCHEMA.select(rows)
    assert list(selected.columns) == ["carrier", "hour", "origin"]
    assert list(selected.index) == [7, 8]
    pandas.testing.assert_frame_equal(rows, before)


def test_missing_columns_are_named_all_at_once() -> None:
    """With how many there are and where the names stand."""
    with pytest.raises(DataError, match="lack 2 of the model's features: carrier, origin") as caught:
        SCHEMA.select(frame().drop(columns=["carrier", "origin"]).rename(columns={"hours": "hour"}))
    assert "schema.json" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("column", "seen"),
    [
        (["AA", None], ["AA", None]),
        (["AA", numpy.nan], ["AA", None]),
        (pandas.Categorical(["AA", None]), ["AA", None]),
        ([True, False], ["True", "False"]),
        ([3, 4], ["3", "4"]),
        ([3, None], ["3", None]),
        ([3.0, 4.5], ["3", "4.5"]),
        (pandas.array([3, None], "Int64"), ["3", None]),
        (pandas.Series([3, 4], dtype="float32"), ["3", "4"]),
        ([None, None], [None, None]),
    ],
)
def test_categories_are_text_or_missing(column: object, seen: list[str | None]) -> None:
    """The same category is the same text however the column was read, also where another row lacks it."""
    assert texts(column) == seen


@pytest.mark.parametrize(
    ("column", "seen"),
    [
        ([1, 2], [1.0, 2.0]),
        ([True, False], [1.0, 0.0]),
        (["1", "2.5"], [1.0, 2.5]),
        ([1.5, None], [1.5, numpy.nan]),
        (pandas.array([1, None], "Int64"), [1.0, numpy.nan]),
        ([None, None], [numpy.nan, numpy.nan]),
    ],
)
def test_numbers_are_float64_or_missing(column: object, seen: list[float]) -> None:
    """Whatever numbers they came as."""
    numpy.testing.assert_array_equal(numbers(column), seen)


@pytest.mark.parametrize("column", [["1", "many"], pandas.to_datetime(["2013-01-01", "2013-01-02"]), [{"a": 1}, 2]])
def test_what_is_no_number_is_refused_with_the_columns_name(column: object) -> None:
    """Text, dates and nested values in a numeric feature are an error, not a zero."""
    with pytest.raises(DataError, match="'hour' holds a value that is not a number") as caught:
        numbers(column)
    assert caught.value.where == "the rows' column hour"
    assert caught.value.remedy


def test_no_rows_are_no_fault_of_the_schema() -> None:
    """An empty frame keeps its columns."""
    assert SCHEMA.select(frame().iloc[:0]).shape == (0, 3)
