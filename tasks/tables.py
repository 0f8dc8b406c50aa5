"""Reads a table from CSV, JSON or Parquet as it is declared, and explains why it can't."""

# Late imports: start-up time.
# ruff: noqa: S608 (names and texts in queries are quoted by tasks/tabular.py)
from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import ParamsError, SourceError
from roadworthy.params.data import Source
from tasks.csv_faults import find_fault
from tasks.csv_tables import csv_query
from tasks.json_tables import find_json_fault, json_query
from tasks.sources.interface import FetchedSource
from tasks.table_columns import check_columns
from tasks.tabular import literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def table_query(database: DuckDBPyConnection, table: str, source: Source, file: FetchedSource) -> str:
    """Return the query that reads the table with its declared columns and types, in the file's order.

    Raises `SourceError` when columns are missing, renamed, unexpected or out of order, `ParamsError` for a
    type that there is not.
    """
    _check_types(database, table, source)
    match source.format:
        case "csv":
            return csv_query(source, file)
        case "json":
            return json_query(database, source, file)
        case "parquet":
            return _parquet_query(database, source, file)


def explain(database: DuckDBPyConnection, source: Source, file: FetchedSource, error: Exception) -> SourceError:
    """Find the first place in the file where reading fails, and say what is wrong there."""
    finders = {"csv": find_fault, "json": find_json_fault}
    found = finders[source.format](database, source, file) if source.format in finders else None
    reason = str(error).splitlines()[0].replace(str(file.path), file.name)
    return found or SourceError(
        f"{file.name} can't be read: {reason}",
        where=file.name,
        remedy="it may be truncated: get it again, and correct its sha256",
    )


def _check_types(database: DuckDBPyConnection, table: str, source: Source) -> None:
    import duckdb

    for column, kind in source.columns.items():
        try:
            database.execute(f"select null::{kind}").fetchall()
        except duckdb.Error:
            raise ParamsError(
                f"DuckDB has no type {kind!r}",
                where=f"params.yaml: ingest.sources.{table}.columns.{column}",
                remedy="write a type such as BIGINT, DOUBLE, VARCHAR, BOOLEAN, DATE or TIMESTAMPTZ",
            ) from None


def _parquet_query(database: DuckDBPyConnection, source: Source, file: FetchedSource) -> str:
    scan = f"read_parquet({literal(str(file.path))})"
    given = _parquet_types(database, source, file, scan)
    if not source.columns:
        return f"from {scan}"
    check_columns(list(given), list(source.columns), file.name, ordered=False)
    for column, kind in source.columns.items():
        _check_cast(database, scan, column, given[column], kind, file)
    names = {quoted(column): kind for column, kind in source.columns.items()}
    return f"select {', '.join(f'{name}::{kind} as {name}' for name, kind in names.items())} from {scan}"


def _parquet_types(database: DuckDBPyConnection, source: Source, file: FetchedSource, scan: str) -> dict[str, str]:
    import duckdb

    try:
        return {str(row[0]): str(row[1]) for row in database.execute(f"describe from {scan}").fetchall()}
    except duckdb.Error as error:
        raise explain(database, source, file, error) from None


def _check_cast(
    database: DuckDBPyConnection, scan: str, column: str, given: str, kind: str, file: FetchedSource
) -> None:
    """Refuse values that would not survive the way to the declared type and back."""
    if database.execute(f"select typeof(null::{kind})").fetchone() == (given,):
        return
    name = quoted(column)
    survivor = f"try_cast(try_cast({name} as {kind}) as {given})"
    row = database.execute(
        f"select count(*), min({name}::varchar) from {scan} where {survivor} is distinct from {name}"
    ).fetchone()
    if row and row[0]:
        raise SourceError(
            f"{row[0]:,} values of {column} ({given}) are no {kind}, such as {row[1]!r}",
            where=f"{file.name}: column {column}",
            remedy="correct the column's type in params.yaml, or the file",
        )
