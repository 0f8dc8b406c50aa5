"""Profiles files: DuckDB reads all columns in one pass and hands them over in batches, numpy counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.drift.profile.profile import AnyLayout, AnyProfile, Layout, Profile, merged
from roadworthy.errors import SourceError

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyConnection

_BATCH = 2**16
_UNREADABLE = "unreadable"


def profile_files(paths: Sequence[Path], layout: Layout) -> Profile:
    """Count the rows of Parquet and CSV files. No files, or files without rows, give a profile of 0 rows.

    Raises `SourceError` when a file can't be read.
    """
    with database() as connection:
        return merged(layout, (_profile_file(connection, path, layout) for path in paths))


@contextmanager
def database(*, ordered: bool = False) -> Iterator[DuckDBPyConnection]:
    """Open DuckDB in memory; unless `ordered`, rows may come in any order."""
    # Late imports: start-up time.
    import duckdb

    with duckdb.connect(config={"preserve_insertion_order": ordered}) as connection:
        connection.execute("set TimeZone = 'UTC'")
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
        raise _unreadable(path, error) from error


def _profile_file(connection: DuckDBPyConnection, path: Path, layout: Layout) -> Profile:
    import duckdb

    types = column_types(connection, path)
    present = [one for one in layout.columns if one.name in types]
    select = ", ".join(_select(place, one, types[one.name]) for place, one in enumerate(present)) or "1"
    try:
        reader = connection.sql(f"select {select} from {source(path)}").to_arrow_reader(_BATCH)  # noqa: S608
        counted = reduce(Profile.merge, (_count(batch, present, layout) for batch in reader), layout.empty())
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    known = {one.name for one in layout.columns}
    return counted.model_copy(update={"unknown": tuple(sorted(set(types) - known))})


def _select(place: int, column: AnyLayout, type_name: str) -> str:
    name = quoted(column.name)
    value = column.expression(name, type_name)
    if value == name or column.kind == "categorical" or not value.startswith("try_cast"):
        return f'{value} as "{place}"'
    return f'{value} as "{place}", {name} is not null and {value} is null as "{place} {_UNREADABLE}"'


def _count(batch: pyarrow.RecordBatch, present: Sequence[AnyLayout], layout: Layout) -> Profile:
    counted: Mapping[str, AnyProfile] = {
        one.name: one.count(batch.column(str(place)), _unreadable_values(batch, place))
        for place, one in enumerate(present)
    }
    columns = {one.name: counted.get(one.name) or one.absent(batch.num_rows) for one in layout.columns}
    return Profile(layout=layout.digest, rows=batch.num_rows, columns=columns)


def _unreadable_values(batch: pyarrow.RecordBatch, place: int) -> int:
    name = f"{place} {_UNREADABLE}"
    return int(batch.column(name).true_count) if name in batch.schema.names else 0


def _unreadable(path: Path, error: Exception) -> SourceError:
    return SourceError(
        f"{path.name} can't be profiled: {error}",
        where=str(path),
        remedy="look at the file; write it again if it broke",
    )
