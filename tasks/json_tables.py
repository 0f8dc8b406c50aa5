"""Reads JSON with DuckDB: an array of objects or of texts, or one of them a line, with values of their type."""

# Late imports: start-up time.
# ruff: noqa: S608 (names and texts in queries are quoted by tasks/tabular.py)
from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import SourceError
from roadworthy.params.data import Source
from tasks.csv_tables import is_whole, not_utf8
from tasks.sources.interface import FetchedSource
from tasks.table_columns import check_columns
from tasks.tabular import literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LARGEST_OBJECT = 256 * 2**20
"""In bytes; DuckDB holds one row's text in memory at a time."""

SHOWN = 80
"""How many characters of a wrong value people see."""

_FRACTIONS = ("DOUBLE", "FLOAT", "REAL", "DECIMAL", "NUMERIC")
_NESTED = ("STRUCT", "MAP")
_REMEDY = "write an array of objects, or one object a line, each with the declared columns as keys"


def json_query(database: DuckDBPyConnection, source: Source, file: FetchedSource) -> str:
    """Return the query that reads the file; a key that an object lacks is a missing value.

    Where there are texts instead of objects, the one declared column takes them. Raises `SourceError` when the file
    is no JSON, has no rows, or its objects have other keys than are declared.
    """
    if not _holds_texts(database, source, file):
        check_columns(_keys(database, file), list(source.columns), file.name, ordered=False)
    columns = ", ".join(_strict(column, kind) for column, kind in source.columns.items())
    return f"select {columns} from {_scan(database, source, file)}"


def find_json_fault(database: DuckDBPyConnection, source: Source, file: FetchedSource) -> SourceError | None:
    """Return the first value that is not of its column's type, column by column, or the bytes that are not UTF-8."""
    import duckdb

    try:
        faults = (_wrong_value(database, source, file, column, kind) for column, kind in source.columns.items())
        return next((fault for fault in faults if fault), None)
    except duckdb.Error as error:
        return not_utf8(file) if "UTF-8" in str(error) else None


def _wrong_value(
    database: DuckDBPyConnection, source: Source, file: FetchedSource, column: str, kind: str
) -> SourceError | None:
    name = quoted(column)
    numbered = f"(select row_number() over () as row, {name} from {_scan(database, source, file)})"
    row = database.execute(
        f"select row, {name}::varchar from {numbered} where {_misfit(name, kind)} order by row limit 1"
    ).fetchone()
    return row and SourceError(
        f"{str(row[1])[:SHOWN]} is no {kind}",
        where=f"{file.name}: object {row[0]}, key {column}",
        remedy="correct the value, or the column's type in params.yaml; a missing value is null",
    )


def _holds_texts(database: DuckDBPyConnection, source: Source, file: FetchedSource) -> bool:
    """Tell whether each row is a text, after checking that there are rows, of a kind that can be read."""
    import duckdb

    try:
        types = dict(database.execute(f"select json_type(json), count(*) from {_rows(file)} group by all").fetchall())
    except duckdb.Error as error:
        raise _unreadable(file, error) from None
    if not types:
        raise SourceError(
            f"{file.name} has no rows", where=file.name, remedy="check how the file was made, then correct its sha256"
        )
    if set(types) == {"VARCHAR"} and len(source.columns) == 1:
        return True
    others = sum(types.values()) - types.get("OBJECT", 0)
    if others:
        raise SourceError(f"{others:,} rows of {file.name} are no objects", where=file.name, remedy=_REMEDY)
    return False


def _keys(database: DuckDBPyConnection, file: FetchedSource) -> list[str]:
    """Return every key that some object has."""
    query = f"select distinct unnest(json_keys(json)) as key from {_rows(file)} order by key"
    return [str(key) for (key,) in database.execute(query).fetchall()]


def _unreadable(file: FetchedSource, error: Exception) -> SourceError:
    if "UTF-8" in str(error):
        return not_utf8(file)
    reason = str(error).splitlines()[0].strip().replace(str(file.path), file.name)
    remedy = "it may be truncated or no JSON: get it again, and correct its sha256"
    return SourceError(f"{file.name} can't be read: {reason}", where=file.name, remedy=remedy)


def _rows(file: FetchedSource) -> str:
    place = literal(str(file.path))
    return f"read_json_objects({place}, format = 'auto', maximum_object_size = {LARGEST_OBJECT})"


def _scan(database: DuckDBPyConnection, source: Source, file: FetchedSource) -> str:
    if _holds_texts(database, source, file):
        return f"(select json as {quoted(next(iter(source.columns)))} from {_rows(file)})"
    columns = ", ".join(f"{literal(column)}: 'JSON'" for column in source.columns)
    options = f"format = 'auto', maximum_object_size = {LARGEST_OBJECT}, columns = {{{columns}}}"
    return f"read_json({literal(str(file.path))}, {options})"


def _strict(column: str, kind: str) -> str:
    name = quoted(column)
    return f"case when {_misfit(name, kind)} then error('wrong type') else {_value(name, kind)}::{kind} end as {name}"


def _value(name: str, kind: str) -> str:
    # A nested value is converted as it is, a plain one from its text.
    return name if _is_nested(kind) or kind.upper() == "JSON" else f"({name} ->> '$')"


def _misfit(name: str, kind: str) -> str:
    """Return the condition that holds for values which are not of the type: DuckDB alone would convert them."""
    if kind.upper() == "JSON":
        return "false"
    wrong = f"json_type({name}) not in ({', '.join(map(literal, _json_types(kind)))})"
    return f"({name} is not null and ({wrong} or try_cast({_value(name, kind)} as {kind}) is null))"


def _json_types(kind: str) -> tuple[str, ...]:
    if is_whole(kind):
        return ("BIGINT", "UBIGINT")
    if kind.upper().startswith(_FRACTIONS):
        return ("BIGINT", "UBIGINT", "DOUBLE")
    if kind.upper() == "BOOLEAN":
        return ("BOOLEAN",)
    if _is_nested(kind):
        return ("ARRAY", "OBJECT")
    return ("VARCHAR",)


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.upper().startswith(_NESTED)
