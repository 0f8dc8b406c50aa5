"""Parts of a column that are counted in one go give the profiles that each gives alone."""

from __future__ import annotations

import math
from typing import Any

import pyarrow
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.drift.profile.in_parts import count_parts
from roadworthy.drift.profile.numeric import NumericLayout

TYPES = {
    "double": (pyarrow.float64(), st.floats() | st.sampled_from([0.0, -0.0, 1.0, 2.5, math.inf, math.nan])),
    "float": (pyarrow.float32(), st.floats(width=32)),
    "bigint": (pyarrow.int64(), st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5)),
    "tinyint": (pyarrow.int8(), st.integers(-128, 127)),
    "uinteger": (pyarrow.uint32(), st.integers(0, 2**32 - 1) | st.integers(0, 9)),
}
EDGES = st.lists(st.floats(-1e20, 1e20) | st.sampled_from([-3.0, 0.5, 2.0, 7.0, 300.0]), min_size=1, max_size=6)


@st.composite
def layouts(draw: st.DrawFn) -> NumericLayout:
    """Cells of any reference; also those of one without a value."""
    ends = sorted({end + 0.0 for end in draw(EDGES)})
    if draw(st.booleans()):
        return NumericLayout(name="x", lowest=None, edges=())
    return NumericLayout(
        name="x",
        lowest=ends[0],
        edges=tuple(ends[1:]) or (ends[0],),
        origin=draw(st.floats(-1e6, 1e6)),
        exponent=draw(st.integers(-40, 40)),
    )


@st.composite
def columns(draw: st.DrawFn) -> list[pyarrow.Array]:
    """Parts of a column, none of them empty."""
    kind, values = TYPES[draw(st.sampled_from(sorted(TYPES)))]
    some: st.SearchStrategy[list[Any]] = st.lists(st.none() | values, min_size=1, max_size=12)
    return [pyarrow.array(part, kind) for part in draw(st.lists(some, min_size=1, max_size=6))]


@given(layout=layouts(), parts=columns())
def test_each_part_is_counted_as_if_alone(layout: NumericLayout, parts: list[pyarrow.Array]) -> None:
    """Whatever the type, NULLs, NaN, infinities, and ends that the type can't reach."""
    sizes = [len(part) for part in parts]
    unreadable = [part.null_count // 2 for part in parts]
    together = count_parts(layout, pyarrow.concat_arrays(parts), sizes, unreadable)
    alone = [layout.count(part, broken) for part, broken in zip(parts, unreadable, strict=True)]
    assert together == alone
