"""Profiles of each night's rows in one pass over files that hold many nights, as a release's reference needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.plain_numbers import BATCH
from roadworthy.drift.profile.profile import AnyLayout, AnyProfile, Layout, Profile
from roadworthy.drift.profile.scanning import (
    column_types,
    database,
    number_selection,
    quoted,
    source,
    unreadable,
    unreadable_values,
)

if TYPE_CHECKING:
    import pyarrow

_NIGHT = "night"


def profile_nights(paths: Sequence[Path], layout: Layout, time_column: str | None) -> dict[date | None, Profile]:
    """Count the rows of Parquet files, which all have the layout's columns, by the UTC day of `time_column`.

    Without a time column all rows are of the night None, and so are rows that have no time. Raises `SourceError` when a
    file can't be read.
    """
    # Late imports: start-up time.
    import duckdb

    profiles: dict[date | None, Profile] = {}
    with database() as connection:
        for path in paths:
            query = _query(path, layout, column_types(connection, path), time_column)
            try:
                for batch in connection.sql(query).to_arrow_reader(BATCH):
                    for night, rows in _nights(batch):
                        counted = _count(rows, layout)
                        profiles[night] = profiles[night].merge(counted) if night in profiles else counted
            except duckdb.Error as error:
                raise unreadable(path, error) from error
    return dict(sorted(profiles.items(), key=lambda one: one[0] or date.min))


def _query(path: Path, layout: Layout, types: dict[str, str], time_column: str | None) -> str:
    selections = [_selection(place, one, types[one.name]) for place, one in enumerate(layout.columns)]
    night = _night(time_column, types) if time_column is not None else "null::date"
    return f"select {', '.join([*selections, f'{night} as {_NIGHT}'])} from {source(path)} order by {_NIGHT}"  # noqa: S608


def _selection(place: int, column: AnyLayout, type_name: str) -> str:
    if isinstance(column, NumericLayout):
        return number_selection(place, column, type_name)
    return f'{column.expression(quoted(column.name), type_name)} as "{place}"'


def _night(column: str, types: dict[str, str]) -> str:
    # A moment's date would follow the machine's time zone.
    moment = f"{quoted(column)} AT TIME ZONE 'UTC'" if types[column].endswith("TIME ZONE") else quoted(column)
    return f"({moment})::date"


def _nights(batch: pyarrow.RecordBatch) -> Iterator[tuple[date | None, pyarrow.RecordBatch]]:
    """Yield each night's rows of a batch that lies in the order of the nights."""
    counts, start = batch.column(_NIGHT).value_counts(), 0
    for night, rows in zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True):
        yield night, batch.slice(start, rows)
        start += rows


def _count(rows: pyarrow.RecordBatch, layout: Layout) -> Profile:
    columns: dict[str, AnyProfile] = {}
    for place, one in enumerate(layout.columns):
        if isinstance(one, NumericLayout):
            columns[one.name] = _numbers(rows, place, one)
        else:
            columns[one.name] = _categories(rows, place, one)
    return Profile(layout=layout.digest, rows=rows.num_rows, columns=columns)


def _numbers(rows: pyarrow.RecordBatch, place: int, column: NumericLayout) -> NumericProfile:
    return column.count(rows.column(str(place)), unreadable_values(rows, place))


def _categories(rows: pyarrow.RecordBatch, place: int, column: CategoricalLayout) -> CategoricalProfile:
    counts = rows.column(str(place)).value_counts()
    names, numbers = counts.field("values").to_pylist(), counts.field("counts").to_pylist()
    return column.count(dict(zip(names, numbers, strict=True)))
