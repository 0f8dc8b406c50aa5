"""Drift reports: features ranked with what moved, oddities by name, and a rule for drift that lasts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from fakes.drifting_service import FIRST, SCHEMA, rows_of
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.drift.reference import Reference
from roadworthy.drift.report import DriftReport, NightSaid, Oddity, Origin
from roadworthy.drift.reporting import NoReference, Tonight, report_night
from roadworthy.drift.sustained import Lasting, SustainedRule, sustained
from roadworthy.drift.verdicts import Verdict
from roadworthy.modelling.schema import Feature, FeatureSchema

DATA = Path(__file__).parents[2] / "data"
TONIGHT = date(2024, 3, 1)
RULE = SustainedRule()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Forty nights."""
    path = tmp_path_factory.mktemp("reference") / "rows.parquet"
    frames = [rows_of(FIRST + timedelta(day)).assign(always=1.0) for day in range(40)]
    parquet.write_table(pa.concat_tables([pa.Table.from_pandas(one, preserve_index=False) for one in frames]), path)
    constant = Feature(name="always", kind="numeric", type="DOUBLE")
    schema = FeatureSchema(features=(*SCHEMA.features, constant), label="late", positive=1)
    return Reference.of([path], schema, "night")


def reported(reference: Reference, folder: Path, **columns: object) -> DriftReport:
    """Report a night of data in which some columns are replaced, or gone when they are None."""
    frame = rows_of(TONIGHT).drop(columns=["night", "score", "label"]).assign(always=1.0)
    gone = [name for name, values in columns.items() if values is None]
    frame = frame.assign(**{name: values for name, values in columns.items() if values is not None}).drop(columns=gone)
    path = folder / "night.parquet"
    # Not from pandas: that would make NaN to a gap.
    parquet.write_table(pa.table({name: pa.array(frame[name].tolist()) for name in frame.columns}), path)
    profile = profile_files([path], reference.layout)
    return report_night(Tonight("flights", TONIGHT, Origin.DATA, profile), reference, AlarmPolicy())


def odd(report: DriftReport) -> dict[Oddity, bool]:
    """Return the oddities, and whether each is harmless."""
    return {one.oddity: one.harmless for one in report.conditions}


def test_a_constant_column_is_named_and_harmless(reference: Reference, tmp_path: Path) -> None:
    """It can't drift in its bins; that is known, and no reason to look every night."""
    report = reported(reference, tmp_path)
    assert report.verdict is NightSaid.STEADY
    assert odd(report) == {Oddity.CONSTANT_REFERENCE: True}


def test_a_constant_column_that_changes_is_an_alarm(reference: Reference, tmp_path: Path) -> None:
    """Its new value was never seen; the difference in standard deviations is endless, and the JSON is JSON."""
    report = reported(reference, tmp_path, always=2.0)
    assert report.verdict is NightSaid.DRIFT
    assert report.columns[0].name == "always"
    assert report.columns[0].mean_difference is None
    assert json.loads(report.to_bytes())["columns"][0]["mean_difference"] is None


@pytest.mark.parametrize(
    ("value", "oddity"),
    [(math.nan, Oddity.NOT_FINITE), (math.inf, Oddity.NOT_FINITE), ("storm", Oddity.UNREADABLE)],
)
def test_values_that_are_none_are_named(reference: Reference, tmp_path: Path, value: object, oddity: Oddity) -> None:
    """Three of four hundred are no alarm, and no steady night either."""
    texts = isinstance(value, str)
    wind: list[object] = [str(one) if texts else one for one in rows_of(TONIGHT)["wind"].tolist()]
    wind[:3] = [value] * 3
    report = reported(reference, tmp_path, wind=wind)
    assert report.verdict is NightSaid.WATCH
    assert odd(report)[oddity] is False
    assert "3 of 400" in next(one.said for one in report.conditions if one.oddity is oddity)


def test_columns_that_come_and_go_are_named(reference: Reference, tmp_path: Path) -> None:
    """A feature that is gone is an alarm, one that is unknown is told."""
    report = reported(reference, tmp_path, wind=None, gust=1.0)
    assert report.verdict is NightSaid.DRIFT
    assert {Oddity.COLUMN_GONE, Oddity.COLUMN_UNKNOWN} <= odd(report).keys()
    assert "wind" in [one.name for one in report.columns if one.verdict is Verdict.DRIFT]


def test_one_new_category_among_many_rows_is_harmless(reference: Reference, tmp_path: Path) -> None:
    """It is named, and the night stays steady."""
    carriers = rows_of(TONIGHT)["carrier"].tolist()
    report = reported(reference, tmp_path, carrier=["9E", *carriers[1:]])
    assert report.verdict is NightSaid.STEADY
    assert odd(report)[Oddity.NEW_CATEGORIES] is True
    assert "9E (1)" in " ".join(one.said for one in report.conditions)


def test_half_a_night_of_data_is_told(reference: Reference, tmp_path: Path) -> None:
    """It has fewer rows than half of the smallest night of the reference."""
    path = tmp_path / "night.parquet"
    rows_of(TONIGHT, rows=199).assign(always=1.0).to_parquet(path)
    profile = profile_files([path], reference.layout).model_copy(update={"unknown": ()})
    policy = AlarmPolicy(fewest_rows=50)
    report = report_night(Tonight("flights", TONIGHT, Origin.DATA, profile), reference, policy)
    assert report.verdict is NightSaid.WATCH
    assert odd(report)[Oddity.PART_OF_THE_NIGHT] is False


def test_cells_of_another_reference_are_not_judged(reference: Reference, tmp_path: Path) -> None:
    """A release was opened before its layout changed."""
    path = tmp_path / "night.parquet"
    rows_of(TONIGHT).to_parquet(path)
    other = Reference.of([path], SCHEMA, None)
    tonight = Tonight("flights", TONIGHT, Origin.GATEWAY, profile_files([path], other.layout), served=400)
    report = report_night(tonight, reference, AlarmPolicy())
    assert (report.verdict, report.columns) == (NightSaid.NOT_JUDGED, ())
    assert Oddity.OTHER_LAYOUT in odd(report)


def test_flights_of_2023_are_an_alarm_with_the_carriers_by_name(tmp_path: Path) -> None:
    """Two real days ten years apart, by way of what a release holds: carriers rank first, gone and new by name."""
    old, new = (DATA / f"flights-{year}" / "flights.parquet" for year in (2013, 2023))
    names = {"carrier": "VARCHAR", "origin": "VARCHAR", "distance": "BIGINT", "hour": "BIGINT"}
    features = tuple(
        Feature(name=name, kind="categorical" if kind == "VARCHAR" else "numeric", type=kind)
        for name, kind in names.items()
    )
    made = Reference.of([old], FeatureSchema(features=features, label="late", positive=True), None)
    read = Reference.read(made.layout_bytes(), made.nights_bytes())
    tonight = Tonight("flight-delay", date(2023, 2, 14), Origin.DATA, profile_files([new], read.layout))
    report = report_night(tonight, read, AlarmPolicy())
    assert report.verdict is NightSaid.DRIFT
    assert report.columns[0].name == "carrier"
    for said in ("EV gone", "MQ gone", "YX new"):
        assert said in report.causes[0]
    named = next(one.said for one in report.conditions if one.oddity is Oddity.NEW_CATEGORIES)
    assert "YX" in named


def nights_of(said: Sequence[NightSaid]) -> list[DriftReport]:
    """Return reports of nights one after another."""
    nothing = NoReference(Oddity.NO_REFERENCE, "none")
    empty = report_night(Tonight("flights", TONIGHT, Origin.GATEWAY, None, served=0), nothing, AlarmPolicy())
    return [
        empty.model_copy(update={"night": TONIGHT + timedelta(place), "verdict": one}) for place, one in enumerate(said)
    ]


@given(st.lists(st.sampled_from(NightSaid), min_size=1, max_size=8))
def test_drift_lasts_by_the_last_nights_alone(said: list[NightSaid]) -> None:
    """Two alarms of three nights confirm, whatever came before; nights that were not judged never read as quiet."""
    found = sustained(nights_of(said), RULE)
    last = said[-RULE.nights :]
    alarms, blind = last.count(NightSaid.DRIFT), last.count(NightSaid.NOT_JUDGED)
    if alarms >= RULE.needed:
        assert found.verdict is Lasting.CONFIRMED
    else:
        assert found.verdict is (Lasting.BLIND if alarms + blind >= RULE.needed else Lasting.QUIET)
    assert (len(found.alarms), len(found.blind)) == (alarms, blind)


def test_a_rule_that_can_t_be_reached_is_refused() -> None:
    """Four of three nights."""
    with pytest.raises(ValueError, match="never be reached"):
        SustainedRule(needed=4, nights=3)
