"""A release's reference: its nights are counted in one pass, kept in few bytes, and read back as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from roadworthy.drift.profile.profile import merged
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.drift.reference import Reference, read_layout
from roadworthy.errors import IntegrityError
from roadworthy.modelling.schema import Feature, FeatureSchema

SCHEMA = FeatureSchema(
    features=(
        Feature(name="delay", kind="numeric", type="DOUBLE"),
        Feature(name="late", kind="numeric", type="BOOLEAN"),
        Feature(name="carrier", kind="categorical", type="VARCHAR"),
        Feature(name="note", kind="text", type="VARCHAR"),
    ),
    label="label",
    positive=True,
)


def write_rows(path: Path, seed: int, days: int = 20, rows: int = 1000) -> Path:
    """Write rows over some days, in no order, with gaps and a huge value."""
    random = np.random.default_rng(seed)
    begin = datetime(2024, 3, 1, 22, tzinfo=UTC)
    moments = [begin + timedelta(hours=int(hour)) for hour in random.integers(0, 24 * days, size=rows)]
    delays = random.normal(size=rows)
    delays[0] = 1e9
    table = {
        "moment": pa.array(moments, pa.timestamp("us", tz="America/New_York")),
        "delay": pa.array(delays, mask=random.random(rows) < 0.1),
        "late": pa.array(random.random(rows) < 0.3),
        "carrier": pa.array(random.choice(["UA", "MQ", None, "B6"], size=rows).tolist(), pa.string()),
        "note": pa.array(["x" * int(length) for length in random.integers(0, 9, size=rows)]),
    }
    parquet.write_table(pa.table(table), path)
    return path


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    """Two files that share nights."""
    return write_rows(tmp_path / "train.parquet", 1), write_rows(tmp_path / "evaluate.parquet", 2, days=30)


def test_nights_add_up_to_the_files(paths: tuple[Path, Path]) -> None:
    """The nights' profiles merge to what the files themselves give, to the last bit, truths among them."""
    reference = Reference.of(paths, SCHEMA, "moment")
    together = merged(reference.layout, (one.profile for one in reference.nights))
    assert together.columns == profile_files(paths, reference.layout).columns
    assert together.rows == 2000
    assert together.columns["late"].usable == 2000


def test_a_night_is_a_utc_day(paths: tuple[Path, Path]) -> None:
    """Whatever the machine's time zone and the column's are."""
    reference = Reference.of(paths, SCHEMA, "moment")
    days = [one.day for one in reference.nights]
    assert days == sorted(days)
    assert (days[0], days[-1]) == (date(2024, 3, 1), date(2024, 3, 31))
    assert reference.is_timed


def test_it_is_read_back_as_it_was(paths: tuple[Path, Path]) -> None:
    """Bytes and value are worth the same, and made again the bytes are the same."""
    reference = Reference.of(paths, SCHEMA, "moment")
    read = Reference.read(reference.layout_bytes(), reference.nights_bytes())
    assert read == reference
    assert Reference.of(paths, SCHEMA, "moment").nights_bytes() == reference.nights_bytes()


def test_rows_without_a_time_are_one_night(paths: tuple[Path, Path]) -> None:
    """There is something to compare with, and it says that it has no nights."""
    reference = Reference.of(paths, SCHEMA, None)
    assert len(reference.nights) == 1
    assert not reference.is_timed
    assert not Reference.read(reference.layout_bytes(), reference.nights_bytes()).is_timed


@pytest.mark.parametrize("broken", [b"", b"{}", b"[]", b"null", b'{"layout": "other"}', b"\xff"])
def test_a_damaged_reference_is_named(paths: tuple[Path, Path], broken: bytes) -> None:
    """Whatever stands there, the error names the file."""
    reference = Reference.of(paths, SCHEMA, "moment")
    with pytest.raises(IntegrityError) as nights:
        Reference.read(reference.layout_bytes(), broken)
    assert nights.value.where == "drift/nights.json"
    with pytest.raises(IntegrityError):
        Reference.read(broken, reference.nights_bytes())


def test_nights_of_another_layout_are_refused(paths: tuple[Path, Path]) -> None:
    """Counts mean nothing without the cells in which they were counted."""
    reference = Reference.of(paths, SCHEMA, "moment")
    other = Reference.of(paths[:1], SCHEMA, "moment")
    assert read_layout(other.layout_bytes()).digest != reference.layout.digest
    with pytest.raises(IntegrityError):
        Reference.read(other.layout_bytes(), reference.nights_bytes())
