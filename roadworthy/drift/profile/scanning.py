"""Profiles files: each column is read once, numbers come in batches for numpy to count, texts grouped by DuckDB."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.drift.profile.categorical import CategoricalLayout, CategoricalProfile
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile
from roadworthy.drift.profile.plain_numbers import BATCH, count_plain, plain_numbers
from roadworthy.drift.profile.profile import AnyProfile, Layout, Profile, merged
from roadworthy.errors import SourceError

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyConnection

_UNREADABLE = "unreadable"


def profile_files(paths: Sequence[Path], layout: Layout, threads: int | None = None) -> Profile:
    """Count the rows of Parquet and CSV files, with so many threads; by default as many as there are cores.

    No files, or files without rows, give a profile of 0 rows. Raises `SourceError` when a file can't be read.
    """
    threads = threads or os.cpu_count() or 1
    with database(threads=threads) as connection:
        return merged(layout, (_profile_file(connection, path, layout, threads) for path in paths))


@contextmanager
def database(*, ordered: bool = False, threads: int | None = None) -> Iterator[DuckDBPyConnection]:
    """Open DuckDB in memory; unless `ordered`, rows may come in any order."""
    # Late imports: start-up time.
    import duckdb

    config = {"preserve_insertion_order": ordered, **({"threads": threads} if threads else {})}
    with duckdb.connect(config=config) as connection:
        yield connection


def source(path: Path) -> str:
    """Return SQL that reads the file, whose name says what it is."""
    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    return f"{reader}('{str(path).replace(chr(39), 2 * chr(39))}')"


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def column_types(connection: DuckDBPyConnection, path: Path) -> dict[str, str]:
    """Return the DuckDB type of each of a file's columns. Raises `SourceError` when it can't be read."""
    import duckdb

    try:
        return {name: kind for name, kind, *_ in connection.sql(f"describe from {source(path)}").fetchall()}
    except duckdb.Error as error:
        raise unreadable(path, error) from error


def _profile_file(connection: DuckDBPyConnection, path: Path, layout: Layout, threads: int) -> Profile:
    import duckdb
    import pyarrow

    types = column_types(connection, path)
    numbers = [one for one in layout.columns if isinstance(one, NumericLayout) and one.name in types]
    sets = [one for one in layout.columns if isinstance(one, CategoricalLayout) and one.name in types]
    try:
        plain = plain_numbers(path, numbers, types)
        counted: dict[str, AnyProfile] = {
            **count_plain(path, plain, threads),
            **_count_numbers(connection, path, [one for one in numbers if one not in plain], types),
            **_count_sets(connection, path, sets, types),
        }
        rows = next((one.rows for one in counted.values()), None)
        if rows is None:
            ((rows,),) = connection.sql(f"select count(*) from {source(path)}").fetchall()  # noqa: S608
    except (duckdb.Error, pyarrow.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
    columns = {one.name: counted.get(one.name) or one.absent(rows) for one in layout.columns}
    unknown = set(types) - {one.name for one in layout.columns}
    return Profile(layout=layout.digest, rows=rows, columns=columns, unknown=tuple(sorted(unknown)))


def _count_numbers(
    connection: DuckDBPyConnection, path: Path, columns: Sequence[NumericLayout], types: Mapping[str, str]
) -> dict[str, NumericProfile]:
    """Count numeric columns, in one pass."""
    counted = {one.name: one.absent(0) for one in columns}
    if not columns:
        return counted
    select = ", ".join(number_selection(place, one, types[one.name]) for place, one in enumerate(columns))
    for batch in connection.sql(f"select {select} from {source(path)}").to_arrow_reader(BATCH):  # noqa: S608
        for place, one in enumerate(columns):
            part = one.count(batch.column(str(place)), unreadable_values(batch, place))
            counted[one.name] = counted[one.name].merge(part)
    return counted


def number_selection(place: int, column: NumericLayout, type_name: str) -> str:
    """Return SQL that gives a column's numbers by the name of its place, and beside them which could not be read."""
    name = quoted(column.name)
    value = column.expression(name, type_name)
    if not value.startswith("try_cast"):
        return f'{value} as "{place}"'
    return f'{value} as "{place}", {name} is not null and {value} is null as "{place} {_UNREADABLE}"'


def unreadable_values(batch: pyarrow.RecordBatch, place: int) -> int:
    """Return how many of a column's values in a batch are no numbers."""
    name = f"{place} {_UNREADABLE}"
    return int(batch.column(name).true_count) if name in batch.schema.names else 0


def _count_sets(
    connection: DuckDBPyConnection, path: Path, columns: Sequence[CategoricalLayout], types: Mapping[str, str]
) -> dict[str, CategoricalProfile]:
    """Count all categorical columns, in one pass. DuckDB groups, out of memory if need be; batches keep ours small."""
    counted = {one.name: one.absent(0) for one in columns}
    if not columns:
        return counted
    names = [f'"{place}"' for place in range(len(columns))]
    values = (one.expression(quoted(one.name), types[one.name]) for one in columns)
    select = ", ".join(f"{value} as {name}" for value, name in zip(values, names, strict=True))
    sets = ", ".join(f"({name})" for name in names)
    query = f"""select coalesce({", ".join(names)}) as value, {
        " + ".join(f"{place} * (1 - grouping({name}))" for place, name in enumerate(names))
    } as place, count(*) as rows from (select {select} from {source(path)}) group by grouping sets ({sets})"""  # noqa: S608
    for batch in connection.sql(query).to_arrow_reader(BATCH):
        rows_of: list[dict[str | None, int]] = [{} for _ in columns]
        for value, place, rows in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            rows_of[place][value] = rows
        for one, some in zip(columns, rows_of, strict=True):
            counted[one.name] = counted[one.name].merge(one.count(some))
    return counted


def unreadable(path: Path, error: Exception) -> SourceError:
    """Return the error that says so."""
    return SourceError(
        f"{path.name} can't be profiled: {error}",
        where=str(path),
        remedy="look at the file; write it again if it broke",
    )
