"""queries/flight_delay.sql: one row a flight, nothing in it that nobody could know before departure."""

# ruff: noqa: S608 (the changes are written here)

from pathlib import Path

import pandas
import pytest

from tasks.tabular import add_tables, connect, quoted

REPOSITORY = Path(__file__).parents[2]
QUERY = (REPOSITORY / "queries" / "flight_delay.sql").read_text()
EXCERPT = REPOSITORY / "tests" / "data" / "flights-2013"
KEYS = ["scheduled_departure", "carrier", "flight", "origin"]
WEATHER = "temp, dewp, humid, wind_dir, wind_speed, wind_gust, precip, pressure, visib"


def prepared(change: str = "", table: str = "flights") -> pandas.DataFrame:
    """The query's rows, after one of the tables was changed by `select * replace (…)`."""
    with connect() as database:
        add_tables(database, EXCERPT)
        if change:
            database.execute(f"create temp table changed as select * replace ({change}) from {quoted(table)}")
            database.execute(f"create or replace view {quoted(table)} as from changed")
        return database.sql(f"select * from ({QUERY}) order by {', '.join(KEYS)}").to_arrow_table().to_pandas()


def test_every_flight_is_one_row_with_weather() -> None:
    """No flight is lost or doubled by a join, and nearly all find their weather."""
    rows = prepared()
    assert len(rows) == 286
    assert not rows.duplicated(KEYS).any()
    assert rows["temp"].notna().mean() > 0.99


def test_the_label_is_late_cancelled_or_diverted() -> None:
    """15 minutes is not late, 16 is, and a flight that never arrived counts as late."""
    assert not prepared("15 as arr_delay")["late"].any()
    assert prepared("16 as arr_delay")["late"].all()
    assert prepared("null as arr_delay")["late"].all()


def test_nothing_is_read_that_happens_after_departure() -> None:
    """Other actual times change the label at most, never a feature."""
    later = "dep_time + 1 as dep_time, 600 as dep_delay, 1 as arr_time, 900 as arr_delay, 1 as air_time"
    pandas.testing.assert_frame_equal(prepared(later).drop(columns="late"), prepared().drop(columns="late"))


@pytest.mark.parametrize(("lag", "seen"), [(-1, False), (0, False), (1, False), (2, True), (3, False)])
def test_weather_is_two_hours_old_and_no_newer(lag: int, seen: bool) -> None:
    """Of all hours of weather, only the one two hours before the departure's own hour is looked at."""
    hour = "timestamptz '2013-02-12 15:00:00Z'"
    change = f"case when time_hour = {hour} then 777 else temp end as temp"
    rows = prepared(change, "weather")
    departing = pandas.Timestamp("2013-02-12 15:00:00Z") + pandas.Timedelta(hours=lag)
    hours = rows["scheduled_departure"].dt.floor("h")
    assert (rows.loc[hours == departing, "temp"] == 777).all() == seen
    assert (hours == departing).any()
