"""Whatever a tool gave back has a shape: a request whose event can't be made would leave neither event nor audit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.drift.kinds.output_shapes import schema_of_text, shape_of

NUMBERS = st.integers() | st.floats() | st.integers(10**300, 10**400)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@given(ANYTHING)
def test_any_json_has_a_schema(output: object) -> None:
    """Of all that JSON can say, NaN and endless whole numbers among it, a schema is told."""
    assert len(schema_of_text(json.dumps(output))) == 64


@pytest.mark.parametrize("output", ["9" * 400, "-" + "9" * 400, "1e400", "9" * 5000, '{"\\ud800": 1}', "[" * 10**5])
def test_what_is_too_large_or_too_deep_has_a_schema(output: str) -> None:
    """A number beyond a float's range, one beyond what Python reads, half a surrogate, a bottomless list."""
    assert len(schema_of_text(output)) == 64


def test_a_number_beyond_floats_is_a_number_without_a_figure() -> None:
    """It counts for the schema as any other number, and takes no part in the mean."""
    assert shape_of([10**400]).schema == shape_of([1]).schema
    assert shape_of([10**400, 3]).fields["[]"] == 3


def test_the_mean_of_the_largest_floats_is_one_of_them() -> None:
    """Their sum has no float, their mean does."""
    assert shape_of([1.5e308, 1.5e308]).fields["[]"] == 1.5e308
