"""Profiles of each night's rows in one pass over files that hold many nights, as a release's reference needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.in_parts import MOST_ROWS, count_parts
from roadworthy.drift.profile.numeric import NumericLayout
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
                for batch in connection.sql(query).to_arrow_reader(MOST_ROWS):
                    for night, counted in _count_nights(batch, layout):
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


def _count_nights(batch: pyarrow.RecordBatch, layout: Layout) -> Iterator[tuple[date | None, Profile]]:
    """Count each night's rows of a batch that lies in the order of the nights."""
    counts = batch.column(_NIGHT).value_counts()
    nights, sizes = counts.field("values").to_pylist(), counts.field("counts").to_pylist()
    if not sizes:
        return
    parts = list(_parts(batch, sizes))
    columns = [_count_column(batch, parts, sizes, place, one) for place, one in enumerate(layout.columns)]
    for part, night in enumerate(nights):
        named = {one.name: column[part] for one, column in zip(layout.columns, columns, strict=True)}
        yield night, Profile(layout=layout.digest, rows=sizes[part], columns=named)


def _parts(batch: pyarrow.RecordBatch, sizes: Sequence[int]) -> Iterator[pyarrow.RecordBatch]:
    start = 0
    for rows in sizes:
        yield batch.slice(start, rows)
        start += rows


def _count_column(
    batch: pyarrow.RecordBatch, parts: Sequence[pyarrow.RecordBatch], sizes: Sequence[int], place: int, one: AnyLayout
) -> Sequence[AnyProfile]:
    if isinstance(one, NumericLayout):
        return count_parts(one, batch.column(str(place)), sizes, [unreadable_values(part, place) for part in parts])
    return [_categories(part, place, one) for part in parts]


def _categories(rows: pyarrow.RecordBatch, place: int, column: CategoricalLayout) -> CategoricalProfile:
    counts = rows.column(str(place)).value_counts()
    names, numbers = counts.field("values").to_pylist(), counts.field("counts").to_pylist()
    return column.count(dict(zip(names, numbers, strict=True)))
