"""What the gateway counts of predicted rows: the same as their table would give, and nothing that tells of one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.oddities import odd_columns
from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.profile import Layout
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.drift.reference import Reference
from roadworthy.drift.report import Oddity
from roadworthy.drift.served.counter import ServedCounter, count_days
from roadworthy.drift.served.counting import SCORES, RowCounter, count_scores
from roadworthy.drift.served.day import NOT_NAMED
from roadworthy.drift.served.interface import PredictedRows
from roadworthy.drift.served.sealing import read_counts, seal_counts
from roadworthy.modelling.online_rows import RowReader
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.store import LocalStore
from roadworthy.telemetry.segments import segments_in

SCHEMA = FeatureSchema(
    features=(
        Feature(name="delay", kind="numeric", type="DOUBLE"),
        Feature(name="seats", kind="numeric", type="INTEGER"),
        Feature(name="carrier", kind="categorical", type="VARCHAR"),
        Feature(name="late", kind="categorical", type="BOOLEAN"),
        Feature(name="note", kind="text", type="VARCHAR"),
    ),
    label="label",
    positive=True,
)
LAYOUT = Layout(
    columns=(
        NumericLayout(name="delay", lowest=-1.0, edges=(0.0, 1.0), exponent=-12),
        NumericLayout(name="seats", lowest=2.0, edges=(100.0, 300.0), exponent=-4, origin=150.0),
        CategoricalLayout(name="carrier", categories=("UA", "MQ"), complete=True),
        CategoricalLayout(name="late", categories=("false", "true"), complete=True),
        NumericLayout(name="note", lengths=True, lowest=0.0, edges=(3.0, 9.0)),
    )
)
COUNTER = RowCounter(LAYOUT, SCHEMA)
TODAY = date(2026, 7, 14)
NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)
Record = dict[str, object]


def records_of(names: Sequence[str | None]) -> list[Record]:
    """Return a record for each carrier."""
    return [{"delay": 0.5, "seats": 150, "carrier": name, "late": True, "note": "x"} for name in names]


def predicted(records: list[Record], at: datetime = NOON, digest: str = "d" * 64) -> PredictedRows:
    """Return the rows as the gateway has them after a prediction."""
    rows = RowReader(SCHEMA, 10_000).read({"records": records})
    return PredictedRows("flights", 3, digest, at, COUNTER, rows.columns, [0.25] * rows.count)


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "delay": st.none() | st.floats(-1e6, 1e6),
            "seats": st.none() | st.integers(-500, 500),
            "carrier": st.none() | st.sampled_from(["UA", "MQ", "9E", ""]),
            "late": st.none() | st.booleans(),
            "note": st.none() | st.text("ab ", max_size=12),
        }
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(RECORDS)
def test_rows_are_counted_as_their_table_would_be(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record]
) -> None:
    """Served rows and the reference's rows are comparable: one row counts the same in both."""
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    types = [("delay", pa.float64()), ("seats", pa.int32()), ("carrier", pa.string())]
    schema = pa.schema([*types, ("late", pa.bool_()), ("note", pa.string())])
    parquet.write_table(pa.Table.from_pylist(records, schema), path)
    (day,) = count_days([predicted(records)])
    assert day.profile == profile_files([path], LAYOUT)


def test_days_and_releases_are_kept_apart() -> None:
    """Midnight in UTC parts two days, and a promotion two releases."""
    late = datetime(2026, 7, 14, 23, 59, tzinfo=UTC)
    found = count_days(
        [
            predicted(records_of(["UA"]), late),
            predicted(records_of(["UA", "MQ"]), late + timedelta(minutes=1)),
            predicted(records_of(["UA"] * 3), late, digest="e" * 64),
        ]
    )
    assert [(one.day.day, one.digest[0], one.rows) for one in found] == [(14, "d", 1), (15, "d", 2), (14, "e", 3)]


def write_segment(folder: Path, rounds: Sequence[PredictedRows], today: date = TODAY) -> None:
    """Have a counter write the rows, a round each, and end."""
    counter = ServedCounter(folder, every=3600, today=lambda: today)
    for one in rounds:
        counter.note(one)
        counter.round()
    counter.close()
    assert counter.left_out == 0


def test_what_was_written_in_parts_is_read_as_one(tmp_path: Path) -> None:
    """Rounds, segments and processes add up, sealed once however often somebody seals."""
    store = LocalStore(tmp_path / "store")
    rows = [predicted(records_of(["UA", "MQ", None] * 10)) for _ in range(3)]
    write_segment(tmp_path / "open", rows[:2])
    write_segment(tmp_path / "open", rows[2:])
    assert seal_counts(tmp_path / "open", store).rows == 90
    assert seal_counts(tmp_path / "open", store).segments == 0
    (day,) = read_counts(store, TODAY).parts
    (whole,) = count_days(rows)
    assert day == whole.kept()
    assert read_counts(store, TODAY + timedelta(days=1)).parts == ()


def test_nothing_that_tells_of_one_row_is_stored(tmp_path: Path) -> None:
    """No extremes, no rare category, no identifier, nothing of a handful of rows; their number stays."""
    store = LocalStore(tmp_path / "store")
    names = ["UA"] * 30 + ["Ann Smith"] * 4 + ["9E"] * 5 + ["ann@example.com"] * 9
    few = predicted(records_of(["Ann Smith"] * 19), digest="e" * 64)
    write_segment(tmp_path / "open", [predicted(records_of(names)), few])
    seal_counts(tmp_path / "open", store)
    (key,) = store.keys("telemetry/profiles/")
    content = store.read(key)
    assert b"9E" in content
    assert not [word for word in (b"Ann", b"ann@", b"0.5") if word in content]
    large, small = read_counts(store, TODAY).parts
    assert large.profile is not None
    assert isinstance(large.profile.columns["carrier"], CategoricalProfile)
    assert large.profile.columns["carrier"].unlisted == 18
    assert {one.category: one.count for one in large.profile.columns["carrier"].newcomers} == {"9E": 5, NOT_NAMED: 9}
    assert (small.rows, small.profile, small.scores) == (19, None, None)


def test_one_identifier_many_times_is_no_explosion_of_categories(tmp_path: Path) -> None:
    """What has no name because it must not have one has many rows, and is not taken for many rare categories."""
    store = LocalStore(tmp_path / "store")
    write_segment(tmp_path / "open", [predicted(records_of(["UA"] * 30 + ["ann@example.com"] * 900))])
    seal_counts(tmp_path / "open", store)
    (day,) = read_counts(store, TODAY).parts
    assert day.profile is not None
    found = odd_columns(day.profile, Reference(layout=LAYOUT, nights=()), AlarmPolicy())
    odd = {one.oddity for one in found if one.column == "carrier"}
    assert Oddity.NEW_CATEGORIES in odd
    assert Oddity.CATEGORY_EXPLOSION not in odd


def test_a_category_that_was_cut_off_is_not_named(tmp_path: Path) -> None:
    """A text in place of a category: where it ends in the middle of an address, nobody would know the address."""
    store = LocalStore(tmp_path / "store")
    text = "Please write to me as soon as you can, at the address that I gave you. " * 3
    cut = f"{text[:193]}ann.smith@example.com"
    write_segment(tmp_path / "open", [predicted(records_of(["UA"] * 30 + [cut] * 9))])
    seal_counts(tmp_path / "open", store)
    (key,) = store.keys("telemetry/profiles/")
    assert b"ann.smi" not in store.read(key)
    (day,) = read_counts(store, TODAY).parts
    assert day.profile is not None
    assert isinstance(day.profile.columns["carrier"], CategoricalProfile)
    assert day.profile.columns["carrier"].unlisted == 9


@pytest.mark.parametrize(("given", "told"), [(1, False), (19, False), (20, True)])
def test_of_a_column_with_few_values_no_sum_is_stored(tmp_path: Path, given: int, told: bool) -> None:
    """The sum over a single value is that value, however many rows come without one."""
    store = LocalStore(tmp_path / "store")
    filled, empty = records_of(["UA"] * given), [one | {"delay": None} for one in records_of(["UA"] * 40)]
    write_segment(tmp_path / "open", [predicted([*filled, *empty])])
    seal_counts(tmp_path / "open", store)
    (day,) = read_counts(store, TODAY).parts
    assert day.profile is not None
    delay = day.profile.columns["delay"]
    assert isinstance(delay, NumericProfile)
    assert (delay.usable, delay.missing) == (given, 40)
    assert (bool(delay.total), bool(delay.squares)) == (told, told)


def test_a_torn_line_is_counted_and_the_rest_is_kept(tmp_path: Path) -> None:
    """A process that was killed while it wrote costs a line, not the day, and the loss is told."""
    store = LocalStore(tmp_path / "store")
    write_segment(tmp_path / "open", [predicted(records_of(["UA"] * 20))])
    (segment,) = segments_in(tmp_path / "open")
    segment.write_bytes(segment.read_bytes() + b'{"capability": "fli')
    seal_counts(tmp_path / "open", store)
    found = read_counts(store, TODAY)
    assert (found.parts[0].rows, found.damaged) == (20, 1)


def test_a_segment_ends_with_its_day(tmp_path: Path) -> None:
    """What was counted before midnight can be sealed after it, though the process goes on."""
    store, days = LocalStore(tmp_path / "store"), [TODAY]
    counter = ServedCounter(tmp_path, lambda: seal_counts(tmp_path, store), every=3600, today=lambda: days[-1])
    counter.note(predicted(records_of(["UA"] * 20)))
    counter.round()
    assert read_counts(store, TODAY).parts == ()
    days.append(TODAY + timedelta(days=1))
    counter.note(predicted(records_of(["UA"] * 5)))
    counter.round()
    assert [one.rows for one in read_counts(store, TODAY).parts] == [25]
    # Rows of the day that is over, in a segment of their own.
    counter.note(predicted(records_of(["UA"] * 30)))
    counter.round()
    assert [one.rows for one in read_counts(store, TODAY).parts] == [55]
    counter.close()


def test_more_rows_than_can_wait_are_left_out_and_counted(tmp_path: Path) -> None:
    """Memory is bounded, and what is lost has a number."""
    counter = ServedCounter(tmp_path, every=3600, most_waiting=25)
    for _ in range(3):
        counter.note(predicted(records_of(["UA"] * 10)))
    assert counter.left_out == 10
    counter.close()
    assert len(segments_in(tmp_path)) == 1


def test_a_folder_that_can_t_be_written_stops_nothing(tmp_path: Path) -> None:
    """Requests go on; the rows are left out, which the night's report tells."""
    (tmp_path / "file").write_text("in the way")
    counter = ServedCounter(tmp_path / "file", every=3600)
    counter.note(predicted(records_of(["UA"] * 10)))
    counter.round()
    assert counter.left_out == 10
    counter.close()


def test_scores_fall_into_cells_of_even_log_odds() -> None:
    """From rare to sure each cell is narrow beside what lies beyond it."""
    found = count_scores([0.0, 1e-4, 0.5, 1.0])
    assert (found.rows, found.usable, found.unseen) == (4, 4, 0)
    assert len(SCORES.edges) == 256
    assert list(SCORES.edges) == sorted(set(SCORES.edges))
