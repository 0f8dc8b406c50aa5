"""Profiles: what is counted, and that it does not matter how rows were cut into parts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.drift.profile import categorical
from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.laying_out import Watched, make_layout
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.profile import Layout, Profile, merged
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.errors import DataError, SourceError

NUMBERS = NumericLayout(name="number", lowest=-2.0, edges=(-1.0, 0.0, 0.5, 3.0), origin=0.5, exponent=-11)
SETS = CategoricalLayout(name="set", categories=("a", "b", "longer"), complete=True)
LAYOUTS = [NUMBERS, SETS]
VALUES = {
    "number": st.one_of(
        st.none(), st.floats(width=64), st.floats(-3, 4), st.sampled_from([-2.0, -1.0, 0.0, -0.0, 0.5, 3.0])
    ),
    "set": st.one_of(st.none(), st.sampled_from(["a", "b", "longer", "new"]), st.text(max_size=3)),
}
WATCHED = [Watched("number", "numeric"), Watched("set", "categorical"), Watched("text", "text")]


def table(rows: int, seed: int = 0) -> pa.Table:
    """Return rows with all that may be in them."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=rows)
    numbers[:: max(1, rows // 20)] = [math.nan, math.inf, -math.inf, 1e300][seed % 4]
    sets = random.choice(["MQ", "9E", "UA", "B6", None], size=rows, p=[0.3, 0.2, 0.2, 0.2, 0.1])
    texts = ["x" * int(length) for length in random.integers(0, 9, size=rows)]
    return pa.table({"number": numbers, "set": pa.array(list(sets), pa.string()), "text": texts})


def count(layout: NumericLayout | CategoricalLayout, rows: Sequence[object]) -> NumericProfile | CategoricalProfile:
    """Count the rows of one column."""
    if isinstance(layout, CategoricalLayout):
        return layout.count(Counter(rows))
    return layout.count(pa.array(rows, pa.float64()))


def write(folder: Path, *parts: pa.Table) -> list[Path]:
    """Write a Parquet file for each part."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{place:03}.parquet" for place in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        pq.write_table(part, path)
    return paths


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: one.kind)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_column_gives_the_same_value_however_it_is_cut(
    layout: NumericLayout | CategoricalLayout, data: st.DataObject
) -> None:
    """Every kind: counting parts and merging them, in any order and grouping, is counting the whole."""
    rows = data.draw(st.lists(VALUES[layout.name], max_size=40))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    ends = zip([0, *cuts], [*cuts, len(rows)], strict=True)
    parts = [count(layout, rows[low:high]) for low, high in ends]
    whole = count(layout, rows)
    shuffled = data.draw(st.permutations(parts))
    assert reduce(lambda a, b: a.merge(b), parts) == whole
    assert reduce(lambda a, b: b.merge(a), shuffled, layout.absent(0)) == whole
    assert whole.model_dump_json() == reduce(lambda a, b: a.merge(b), shuffled).model_dump_json()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: one.kind)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_every_row_is_counted_once(layout: NumericLayout | CategoricalLayout, data: st.DataObject) -> None:
    """Every kind: cells add up to the usable rows, and these with all that is not usable to the rows."""
    rows = data.draw(st.lists(VALUES[layout.name], max_size=40))
    found = count(layout, rows)
    assert sum(found.cells) == found.usable
    assert len(found.cells) == len(layout.cell_names)
    unusable = found.missing + (found.not_finite if isinstance(found, NumericProfile) else 0)
    assert found.usable + unusable == found.rows == len(rows)
    assert found.unseen <= found.usable


@given(st.lists(VALUES["number"], max_size=40))
@settings(deadline=None)
def test_bins_hold_what_lies_between_their_edges(rows: list[float | None]) -> None:
    """A bin takes its upper edge, the first one the smallest value too; both sides of the range are counted apart."""
    finite = [one for one in rows if one is not None and math.isfinite(one)]
    ends = [-2.0, -1.0, 0.0, 0.5, 3.0]
    inner = [sum(low < one <= high for one in finite) for low, high in pairwise(ends)]
    inner[0] += finite.count(-2.0)
    below, above = sum(one < -2 for one in finite), sum(one > 3 for one in finite)
    found = NUMBERS.count(pa.array(rows, pa.float64()))
    assert found.bins == (below, *inner, above)
    assert (found.minimum, found.maximum) == (min(finite, default=None), max(finite, default=None))


@pytest.mark.parametrize("dtype", [pa.int8(), pa.int16(), pa.uint8(), pa.int64(), pa.float32(), pa.float64()])
def test_every_type_of_number_lands_in_the_same_bins(dtype: pa.DataType) -> None:
    """Edges that a type can't hold are compared as the numbers that they are."""
    layout = NumericLayout(name="n", lowest=-300.0, edges=(2.5, 7.0, 100.0, 1e6))
    rows = pa.array([0, 1, 2, 3, 7, 8, 100, 101, 127, None], pa.int64()).cast(dtype)
    assert layout.count(rows).bins == (0, 3, 2, 2, 2, 0)


@given(st.lists(st.floats(-3, 4), min_size=1, max_size=200))
@settings(deadline=None)
def test_moments_are_those_of_the_values(rows: list[float]) -> None:
    """Mean and variance as numpy computes them, within half a unit."""
    mean, variance = NUMBERS.moments(NUMBERS.count(pa.array(rows)))
    assert mean == pytest.approx(np.mean(rows), abs=2**-12)
    assert variance == pytest.approx(np.var(rows), abs=0.004)


def test_moments_of_whole_numbers_are_exact() -> None:
    """Whole numbers lose nothing, and a number that is far out is held at the border."""
    layout = NumericLayout(name="n", lowest=0.0, edges=(9.0,), origin=4.0, exponent=-10)
    assert layout.moments(layout.count(pa.array([1, 2, 6]))) == (3.0, pytest.approx(14 / 3))
    assert layout.moments(layout.count(pa.array([1e300]))) == (4.0 + 2**9, 0.0)


def test_files_cut_in_any_way_give_the_same_bytes(tmp_path: Path) -> None:
    """One file, many files, another order, CSV in between: the same profile to the last byte."""
    whole = pa.concat_tables([table(300, 1), table(200, 2), table(1, 3)])
    layout = make_layout(write(tmp_path / "reference", table(1000)), WATCHED)
    expected = profile_files(write(tmp_path / "one", whole), layout).to_bytes()
    parts = [whole.slice(0, 7), whole.slice(7, 0), whole.slice(7, 400), whole.slice(407)]
    paths = write(tmp_path / "many", *parts)
    assert profile_files(paths, layout).to_bytes() == expected
    assert profile_files(paths[::-1], layout).to_bytes() == expected
    by_file = [profile_files([path], layout) for path in paths]
    assert merged(layout, by_file[::-1]).to_bytes() == expected
    assert Profile.model_validate_json(expected).to_bytes() == expected


def test_csv_gives_the_same_bytes_as_parquet(tmp_path: Path) -> None:
    """What a file is written in does not show."""
    rows = pa.table({"number": [0.5, -1.25, None, 3.0], "set": ["MQ", "x", "UA", None]})
    layout = make_layout(write(tmp_path / "reference", table(1000)), WATCHED[:2])
    pa.csv.write_csv(rows, tmp_path / "rows.csv")
    parquet = profile_files(write(tmp_path / "rows", rows), layout)
    assert profile_files([tmp_path / "rows.csv"], layout).to_bytes() == parquet.to_bytes()


def test_what_can_not_be_used_is_counted_by_its_kind(tmp_path: Path) -> None:
    """Missing, not finite, no number, no such column: each is told apart, and nothing crashes."""
    layout = make_layout(write(tmp_path / "reference", table(1000)), WATCHED)
    texts = pa.table({"number": ["1.5", "many", "", None, "nan", "1e999"], "extra": [1] * 6})
    found = profile_files(write(tmp_path / "night", texts), layout)
    number, kinds = found.columns["number"], found.columns["set"]
    assert isinstance(number, NumericProfile)
    assert (number.usable, number.missing, number.unreadable, number.not_finite) == (1, 1, 2, 2)
    assert isinstance(kinds, CategoricalProfile)
    assert (kinds.rows, kinds.absent, kinds.usable) == (6, 6, 0)
    assert found.unknown == ("extra",)


@pytest.mark.parametrize(
    "values",
    [[[1, 2]], [{"a": 1}], [True], [b"x"], [datetime(2013, 7, 14, tzinfo=UTC)]],
    ids=["list", "struct", "boolean", "bytes", "time"],
)
def test_any_type_of_column_gets_a_profile(values: list[object], tmp_path: Path) -> None:
    """A column that changed its type is counted, as what it is or as unreadable, for every kind that was watched."""
    layout = make_layout(write(tmp_path / "reference", table(1000)), WATCHED)
    column = pa.array(values)
    night = pa.table({"number": column, "set": column, "text": column})
    found = profile_files(write(tmp_path / "night", night), layout)
    assert all(one.rows == 1 for one in found.columns.values())


def test_whole_numbers_are_the_same_category_in_every_type(tmp_path: Path) -> None:
    """3 and 3.0 are one category: readers make reals of whole numbers when one of them is missing. NaN is none."""
    reference = write(tmp_path / "reference", pa.table({"set": [1, 2, 3, 3]}))
    layout = make_layout(reference, [Watched("set", "categorical")])
    night = pa.table({"set": [1.0, 3.0, 2.5, 1e300, math.nan]})
    found = profile_files(write(tmp_path / "night", night), layout).columns["set"]
    assert isinstance(found, CategoricalProfile)
    assert (found.listed, found.unlisted, found.missing) == ((1, 1, 0), 2, 1)
    assert "2.5" in {one.category for one in found.newcomers}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_times_are_the_same_category_on_every_machine(
    zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moment as text follows UTC, whatever the machine's clock says."""
    monkeypatch.setenv("TZ", zone)
    moments = pa.table({"at": [datetime(2013, 7, 14, tzinfo=UTC)]})
    layout = make_layout(write(tmp_path, moments), [Watched("at", "categorical")])
    assert layout.columns[0].cell_names == ("2013-07-14 00:00:00", "new")


def test_an_explosion_of_categories_is_bounded_and_merges_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many new categories the same ones are kept whatever the parts, and their counts are exact."""
    monkeypatch.setattr(categorical, "MOST_NEWCOMERS", 20)
    rows = [f"k{place % 150}" for place in range(1000)]
    whole = SETS.count(Counter(rows))
    parts = [SETS.count(Counter(rows[start::7])) for start in range(7)]
    assert reduce(lambda a, b: a.merge(b), parts) == whole
    assert len(whole.newcomers) == 20
    truth = Counter(rows)
    assert all(one.count == truth[one.category] for one in whole.newcomers)
    assert whole.unlisted == 1000


def test_no_files_and_no_rows_are_a_profile_of_nothing(tmp_path: Path) -> None:
    """An empty night is a value like any other."""
    layout = make_layout(write(tmp_path / "reference", table(100)), WATCHED)
    empty = profile_files(write(tmp_path / "night", table(100).slice(0, 0)), layout)
    assert empty == profile_files([], layout) == layout.empty()
    assert empty.rows == 0


def test_profiles_of_two_layouts_do_not_merge(tmp_path: Path) -> None:
    """Bins that are cut elsewhere can't be added."""
    first = Layout(columns=(NUMBERS,))
    second = Layout(columns=(NUMBERS.model_copy(update={"lowest": -3.0}),))
    with pytest.raises(DataError, match="two layouts"):
        first.empty().merge(second.empty())


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """Half a Parquet file is a fault in the data, with the file's name."""
    whole = write(tmp_path, table(1000))[0]
    layout = make_layout([whole], WATCHED)
    broken = tmp_path / "half.parquet"
    broken.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(SourceError, match=r"half\.parquet"):
        profile_files([broken], layout)


def test_a_reference_without_a_watched_column_is_refused(tmp_path: Path) -> None:
    """A misspelt column is found when the layout is made, not in the night."""
    with pytest.raises(DataError, match="lacks the columns carier"):
        make_layout(write(tmp_path, table(10)), [Watched("carier", "categorical")])


def test_bins_hold_equal_parts_of_the_reference(tmp_path: Path) -> None:
    """Twenty bins with a twentieth each; a column with few values has a bin for each of them."""
    random = np.random.default_rng(0)
    reference = pa.table({"wide": random.lognormal(size=10_000), "few": random.integers(0, 4, size=10_000)})
    paths = write(tmp_path, reference)
    layout = make_layout(paths, [Watched("wide", "numeric"), Watched("few", "numeric")])
    found = profile_files(paths, layout)
    assert set(found.columns["wide"].cells) == {500}
    assert found.columns["few"].cells == tuple(np.bincount(reference["few"].to_numpy()))


def test_columns_without_spread_or_values_have_a_layout(tmp_path: Path) -> None:
    """A constant has one bin, and everything else is unseen; a column of gaps has none, and every value is."""
    reference = pa.table({"constant": [7.0] * 9, "gaps": pa.array([None] * 9, pa.float64()), "none": [math.nan] * 9})
    columns = [Watched(name, "numeric") for name in reference.column_names]
    layout = make_layout(write(tmp_path / "reference", reference), columns)
    night = pa.table({"constant": [7.0, 8.0, 6.0], "gaps": [1.0, 2.0, None], "none": [0.0, math.inf, 5e-324]})
    found = profile_files(write(tmp_path / "night", night), layout).columns
    assert [(one.usable, one.unseen, one.cells) for one in found.values()] == [(3, 2, (3,)), (2, 2, (2,)), (2, 2, (2,))]
