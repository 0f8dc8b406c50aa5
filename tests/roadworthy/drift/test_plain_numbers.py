"""Numbers counted the quick ways: the same bytes as by SQL, and as value by value."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.drift.profile.adding_up import Sums, Unit, add_up
from roadworthy.drift.profile.by_night import profile_nights
from roadworthy.drift.profile.laying_out import Watched, make_layout
from roadworthy.drift.profile.numeric import NumericLayout
from roadworthy.drift.profile.plain_numbers import plain_numbers
from roadworthy.drift.profile.scanning import column_types, database, profile_files
from roadworthy.errors import SourceError

TYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "bool_"]
ENDS = [-1000.5, -3.0, -1.0, 0.0, 2.5, 7.0, 200.0, 1e19]


def by_value(values: np.ndarray[Any, Any], unit: Unit) -> Sums:
    """Add up as the definition says, in Python's whole numbers."""
    size = math.ldexp(1.0, unit.exponent)
    distances = [max(-(2**19), min(2**19, round((float(one) - unit.origin) / size))) for one in values]
    up_to = tuple(sum(int(one) <= end for one in values.tolist()) for end in ENDS)
    return Sums(up_to, sum(distances), sum(one**2 for one in distances))


@given(data=st.data(), kind=st.sampled_from([np.int8, np.int16, np.int64, np.uint32]))
@settings(max_examples=80, deadline=None)
def test_whole_numbers_add_up_as_each_of_them_does(data: st.DataObject, kind: type[np.integer[Any]]) -> None:
    """However far apart they lie: counted each, or compared with each end."""
    limits = np.iinfo(kind)
    narrow = data.draw(st.booleans())
    low = data.draw(st.integers(int(limits.min), int(limits.max)))
    drawn = st.integers(low, min(low + 9, int(limits.max))) if narrow else st.integers(limits.min, limits.max)
    values = np.array(data.draw(st.lists(drawn, max_size=60)), dtype=kind)
    unit = Unit(origin=data.draw(st.sampled_from([0.0, 0.5, -7.0])), exponent=data.draw(st.integers(-11, 3)))
    assert add_up(values, ENDS, unit) == by_value(values, unit)


def test_the_largest_squares_add_up_exactly() -> None:
    """Values that are held at the farthest distance: their squares' sum passes 2^53, and loses nothing."""
    values = np.full(200_001, 1e300)
    assert add_up(values, [], Unit(0.0, 0)) == Sums((), 200_001 * 2**19, 200_001 * 2**38)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_gives_the_bytes_that_sql_gives(tmp_path: Path, kind: str) -> None:
    """Arrow reads plain numbers, DuckDB reads the rest and the nights: both count the same."""
    random, path = np.random.default_rng(7), tmp_path / "rows.parquet"
    numbers = random.integers(0, 100, size=5000) if kind != "bool_" else random.integers(0, 2, size=5000)
    column = pa.array(numbers, mask=random.random(5000) < 0.1).cast(getattr(pa, kind)())
    pq.write_table(pa.table({"number": column}), path, row_group_size=777)
    layout = make_layout([path], [Watched("number", "numeric")])
    assert profile_files([path], layout).to_bytes() == profile_nights([path], layout, None)[None].to_bytes()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_show(tmp_path: Path, threads: int) -> None:
    """Row groups that are shared out among threads give the same bytes."""
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"number": [0.1, math.nan, None, -0.0, math.inf, 1e300] * 500}), path, row_group_size=100)
    layout = make_layout([path], [Watched("number", "numeric")])
    assert profile_files([path], layout, threads).to_bytes() == profile_nights([path], layout, None)[None].to_bytes()


def test_what_needs_sql_is_left_to_it(tmp_path: Path) -> None:
    """Texts, flags, lengths, and columns of folders' names."""
    path = tmp_path / "day=2013" / "rows.parquet"
    path.parent.mkdir()
    names = ["whole", "text", "flag"]
    pq.write_table(pa.Table.from_arrays([pa.array(one) for one in ([1], ["7"], [True])], names), path)
    columns = [NumericLayout(name=one, lowest=None, edges=()) for one in ("whole", "text", "flag", "day")]
    with database() as connection:
        types = column_types(connection, path)
    assert [one.name for one in plain_numbers(path, columns, types)] == ["whole"]


def test_a_file_that_breaks_off_is_named(tmp_path: Path) -> None:
    """Its footer is whole, a page is not: the error says which file."""
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"number": np.arange(9000.0)}), path, compression="none", use_dictionary=False)
    layout = make_layout([path], [Watched("number", "numeric")])
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\xff" * 64 + content[68:])
    with pytest.raises(SourceError) as caught:
        profile_files([path], layout)
    assert caught.value.where == str(path)
