"""Finds the place in a CSV file at which reading it failed."""

# Late imports: start-up time.
# ruff: noqa: S608 (names and texts in queries are quoted by tasks/tabular.py)
from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import SourceError
from roadworthy.params.data import Source
from tasks.csv_tables import is_whole, not_utf8, text_scan
from tasks.sources.interface import FetchedSource
from tasks.tabular import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN = 80
"""How many characters of a broken line people see."""


def find_fault(database: DuckDBPyConnection, source: Source, file: FetchedSource) -> SourceError | None:
    """Return the first broken line, else the first value that is not of its column's type."""
    return _broken_line(database, source, file) or _wrong_value(database, source, file)


def _broken_line(database: DuckDBPyConnection, source: Source, file: FetchedSource) -> SourceError | None:
    """Find the first line with too many or too few fields, with a quote left open, or not in UTF-8."""
    import duckdb

    scan = text_scan(source, file, ", store_rejects = true")
    try:
        database.execute(f"select count(*) from {scan}").fetchall()
        row = database.execute(
            "select line, column_name, error_type, csv_line from reject_errors order by line limit 1"
        ).fetchone()
    except duckdb.Error:
        return None
    if row is None:
        return None
    line, column, kind, text = row
    if kind == "INVALID ENCODING":
        return not_utf8(file)
    return SourceError(
        f"{file.name} has a line that does not fit its header ({str(kind).lower()}): {str(text)[:SHOWN]!r}",
        where=f"{file.name}: line {line}" + (f", column {column}" if column else ""),
        remedy="correct that line",
    )


def _wrong_value(database: DuckDBPyConnection, source: Source, file: FetchedSource) -> SourceError | None:
    scan = text_scan(source, file)
    for column, kind in source.columns.items():
        name = quoted(column)
        row = database.execute(
            f"select line, {name} from (select row_number() over () + 1 as line, {name} from {scan}) "
            f"where {_misfit(name, kind)} order by line limit 1"
        ).fetchone()
        if row is not None:
            return SourceError(
                f"{row[1]!r} is no {kind}",
                where=f"{file.name}: line {row[0]}, column {column}",
                remedy=f"correct the value, or the column's type in params.yaml; "
                f"if it stands for a missing value, add {row[1]!r} to null_values",
            )
    return None


def _misfit(name: str, kind: str) -> str:
    """Return the condition that holds for values which are not of the type."""
    misfit = f"({name} is not null and try_cast({name} as {kind}) is null)"
    digits = r"\s*[+-]?[0-9_]+\s*"
    return f"{misfit} or not regexp_full_match({name}, '{digits}')" if is_whole(kind) else misfit
