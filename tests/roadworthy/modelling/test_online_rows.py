"""The rows of a request: two shapes, every value checked, every problem at its place, nothing guessed."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from roadworthy.modelling.online_rows import MOST_PROBLEMS, InvalidRows, OnlineRows, RowReader
from roadworthy.modelling.online_schema import request_schema
from roadworthy.modelling.schema import Feature, FeatureSchema

FEATURES = (
    Feature(name="carrier", kind="categorical", type="VARCHAR"),
    Feature(name="gate/no~1", kind="categorical", type="UTINYINT"),
    Feature(name="level", kind="categorical", type="DOUBLE"),
    Feature(name="night", kind="categorical", type="BOOLEAN"),
    Feature(name="hour", kind="numeric", type="SMALLINT"),
    Feature(name="distance", kind="numeric", type="DOUBLE"),
    Feature(name="price", kind="numeric", type="DECIMAL(5,2)"),
    Feature(name="speed", kind="numeric", type="FLOAT"),
    Feature(name="holiday", kind="numeric", type="BOOLEAN"),
    Feature(name="odd", kind="numeric", type="INTERVAL"),
    Feature(name="note", kind="text", type="VARCHAR"),
)
SCHEMA = FeatureSchema(features=FEATURES, label="late", positive=True)
READER = RowReader(SCHEMA, most_rows=3)
GOOD: dict[str, Any] = {
    "carrier": "UA",
    "gate/no~1": 7,
    "level": 2.5,
    "night": True,
    "hour": 5,
    "distance": 1400.5,
    "price": 999.99,
    "speed": 1e38,
    "holiday": False,
    "odd": 3,
    "note": "Grüße",
}
NULL = dict.fromkeys(GOOD)


def columns(*records: dict[str, Any]) -> dict[str, Any]:
    """Return the same rows in the other shape."""
    return {"columns": {name: [record[name] for record in records] for name in GOOD}}


def problems(body: object) -> list[tuple[str, str]]:
    """Return where and what is wrong."""
    with pytest.raises(InvalidRows) as caught:
        READER.read(body)
    return [(one.pointer, one.problem) for one in caught.value.problems]


def test_both_shapes_give_the_same_rows() -> None:
    """Columns in the schema's order, categories as texts, truths as numbers."""
    expected = ["UA", "7", "2.5", "True", 5.0, 1400.5, 999.99, 1e38, 0.0, 3.0, "Grüße"]
    reversed_record = dict(reversed(GOOD.items()))
    assert READER.read({"records": [GOOD, reversed_record]}) == READER.read(columns(GOOD, GOOD))
    assert READER.read({"records": [GOOD]}) == OnlineRows(tuple([value] for value in expected), 1)


def test_null_is_a_missing_value_of_every_kind() -> None:
    """Numbers become NaN, categories and texts nothing."""
    rows = READER.read({"records": [NULL]})
    for feature, (value,) in zip(FEATURES, rows.columns, strict=True):
        assert math.isnan(value) if isinstance(value, float) else value is None, feature.name
        assert isinstance(value, float) == (feature.kind == "numeric")


@pytest.mark.parametrize(("value", "text"), [(3, "3"), (3.0, "3"), (-0.0, "0"), (2.5, "2.5")])
def test_categories_that_are_numbers_are_written_as_in_training(value: float, text: str) -> None:
    """3 and 3.0 are the same category, as pandas reads one or the other."""
    assert READER.read({"records": [{**GOOD, "level": value}]}).columns[2] == [text]


WRONG = [
    ("carrier", 3),
    ("carrier", ["UA"]),
    ("carrier", "\ud800"),
    ("gate/no~1", 256),
    ("gate/no~1", -1),
    ("gate/no~1", "7"),
    ("level", math.inf),
    ("night", "true"),
    ("night", 1),
    ("hour", True),
    ("hour", "5"),
    ("hour", 5.5),
    ("hour", 32768),
    ("hour", -(10**39)),
    ("distance", math.nan),
    ("distance", -math.inf),
    ("distance", 10**400),
    ("distance", {}),
    ("price", 1000.01),
    ("speed", 4e38),
    ("holiday", 1),
    ("odd", False),
    ("note", 1.5),
    ("note", True),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_named_by_pointer_row_and_field(name: str, value: object) -> None:
    """In both shapes; nothing is converted that would have to be guessed."""
    bad = {**GOOD, name: value}
    escaped = name.replace("~", "~0").replace("/", "~1")
    ((pointer, problem),) = problems({"records": [GOOD, bad]})
    assert pointer == f"/records/1/{escaped}"
    assert problem.startswith("should be ")
    assert problems(columns(GOOD, bad)) == [(f"/columns/{escaped}/1", problem)]


def test_all_problems_are_told_and_each_says_its_row() -> None:
    """One request is one look, not one problem at a time."""
    with pytest.raises(InvalidRows) as caught:
        READER.read({"records": [{**GOOD, "hour": "x"}, {**GOOD, "note": 1}, {**GOOD, "hour": 0.5}]})
    assert [(one.row, one.field) for one in caught.value.problems] == [(0, "hour"), (2, "hour"), (1, "note")]
    assert "one of 3" in caught.value.problem


def test_problems_are_bounded() -> None:
    """A thousand wrong values make no long answer."""
    reader = RowReader(SCHEMA, most_rows=1000)
    for bad in ({**GOOD, "hour": "x"}, {}, 3, {**GOOD, **{f"x{number}": 1 for number in range(50)}}):
        with pytest.raises(InvalidRows) as caught:
            reader.read({"records": [bad] * 1000})
        assert len(caught.value.problems) == MOST_PROBLEMS
        assert "at least" in caught.value.problem


def test_missing_and_unknown_features_are_named_with_a_suggestion() -> None:
    """What is no feature is refused: misspelt, it would quietly be a missing value."""
    record = {name: value for name, value in GOOD.items() if name != "carrier"} | {"carier": "UA", "zzz": 1}
    expected = [
        ("/carrier", "is missing; null says that it is not known"),
        ("/carier", "is no feature of the model; did you mean 'carrier'?"),
        ("/zzz", "is no feature of the model"),
    ]
    assert problems({"records": [record]}) == [(f"/records/0{place}", problem) for place, problem in expected]
    inner = {name: [value] for name, value in record.items()}
    assert problems({"columns": inner}) == [(f"/columns{place}", problem) for place, problem in expected]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (None, ""),
        ([], ""),
        ({}, ""),
        ({"records": [], "columns": {}}, ""),
        ({"rows": []}, "/rows"),
        ({"records": {}}, "/records"),
        ({"columns": []}, "/columns"),
        ({"records": []}, "/records"),
        ({"records": [GOOD] * 4}, "/records"),
        ({"records": [None]}, "/records/0"),
        ({"records": [[GOOD]]}, "/records/0"),
        (columns(), "/columns/carrier"),
        (columns(*[GOOD] * 4), "/columns/carrier"),
        ({"columns": {**columns(GOOD)["columns"], "hour": 5}}, "/columns/hour"),
        ({"columns": {**columns(GOOD)["columns"], "hour": "5"}}, "/columns/hour"),
        ({"columns": {**columns(GOOD)["columns"], "hour": [5, 6]}}, "/columns/hour"),
    ],
)
def test_a_body_of_another_shape_is_refused_where_it_differs(body: object, pointer: str) -> None:
    """Neither shape, both, no rows, too many, columns that are no lists or of other lengths."""
    assert [place for place, _ in problems(body)] == [pointer]


def test_what_is_told_of_a_made_up_name_is_short_and_can_be_written() -> None:
    """Endless names and broken characters don't come back."""
    for name in ("x" * 100_000, "\ud800\n\x00"):
        found = problems({"records": [{**GOOD, name: 1}]}) + problems({name: []})
        assert all(len(pointer) < 500 and pointer.encode() for pointer, _ in found)


values = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-(2**16), 2**16),
    some.floats(allow_nan=False, allow_infinity=False),
    some.text(max_size=3),
    some.just([]),
)
records = some.fixed_dictionaries({name: values | some.just(good) for name, good in GOOD.items()})
bodies = some.one_of(
    some.lists(records, max_size=4).map(lambda rows: {"records": rows}),
    some.lists(records, max_size=4).map(lambda rows: columns(*rows)),
    some.dictionaries(some.sampled_from(["records", "columns", "x"]), some.just([]) | some.just([GOOD]), max_size=2),
)
VALIDATOR = jsonschema.Draft202012Validator(request_schema(SCHEMA, most_rows=3))


@settings(max_examples=150, deadline=None)
@given(bodies)
def test_what_the_json_schema_allows_is_read_and_nothing_else(body: dict[str, Any]) -> None:
    """The published schema and the checks agree, so a client can trust the schema."""
    try:
        READER.read(body)
    except InvalidRows:
        assert not VALIDATOR.is_valid(body)
    else:
        assert VALIDATOR.is_valid(body)


def test_the_json_schema_is_one_and_names_each_feature() -> None:
    """It is a valid schema, is JSON, and says what is predicted."""
    schema = request_schema(SCHEMA, most_rows=3)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "late = True" in json.loads(json.dumps(schema))["description"]
    assert VALIDATOR.is_valid({"records": [GOOD, NULL]})


def test_joined_rows_keep_their_order() -> None:
    """Requests that are scored together are laid one below the other."""
    first, second = READER.read({"records": [GOOD, NULL]}), READER.read({"records": [{**GOOD, "carrier": "AA"}]})
    joined = OnlineRows.joined([first, second])
    assert joined.count == 3
    assert joined.columns[0] == ["UA", None, "AA"]
    assert OnlineRows.joined([first]) is first
