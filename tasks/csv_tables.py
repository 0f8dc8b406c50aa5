"""Reads CSV with DuckDB: UTF-8, a header, commas (tabs in a .tsv), and values that are of their type."""

# Late imports: start-up time.
# ruff: noqa: S608 (names and texts in queries are quoted by tasks/tabular.py)
from __future__ import annotations

import csv

from roadworthy.errors import SourceError
from roadworthy.params.data import Source
from tasks.sources.interface import FetchedSource
from tasks.table_columns import check_columns
from tasks.tabular import literal, quoted

SIGNED = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
WHOLE_NUMBERS = SIGNED | {f"U{kind}" for kind in SIGNED}


def csv_query(source: Source, file: FetchedSource) -> str:
    """Return the query that reads the file. Raises `SourceError` when it has no rows, or other columns."""
    header = _header(file)
    if not source.columns:
        return f"from {_scan(source, file, _INFERRED)}"
    check_columns(header, list(source.columns), file.name, ordered=True)
    # DuckDB rounds "1.5" to a whole number without a word: such columns are read as text and looked at.
    types = {name: "VARCHAR" if is_whole(kind) else kind for name, kind in source.columns.items()}
    columns = ", ".join(_strict(column, kind) for column, kind in source.columns.items())
    return f"select {columns} from {_scan(source, file, _declared(types))}"


# Without BOOLEAN, so that Yes and No stay the words that the file has, and parameters and expectations name.
_GUESSES = "['NULL', 'BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'TIMESTAMPTZ', 'VARCHAR']"
_INFERRED = f"auto_detect = true, sample_size = -1, auto_type_candidates = {_GUESSES}"


def text_scan(source: Source, file: FetchedSource, options: str = "") -> str:
    """Return the table function that reads every declared column as text, to look for faults."""
    if source.columns:
        return _scan(source, file, _declared(dict.fromkeys(source.columns, "VARCHAR")) + options)
    return _scan(source, file, "auto_detect = true, all_varchar = true" + options)


def is_whole(kind: str) -> bool:
    """Tell whether the type holds whole numbers only."""
    return kind.upper() in WHOLE_NUMBERS


def not_utf8(file: FetchedSource) -> SourceError:
    """Return the error that names the first line and byte that are not UTF-8."""
    remedy = "convert it, for example with `iconv -f LATIN1 -t UTF-8`, and correct its sha256"
    with file.path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = f"byte 0x{line[error.start]:02x} at position {error.start + 1}"
                where = f"{file.name}: line {number}"
                return SourceError(f"{file.name} is not UTF-8: {byte}", where=where, remedy=remedy)
    return SourceError(f"{file.name} is not UTF-8", where=file.name, remedy=remedy)


def _strict(column: str, kind: str) -> str:
    name = quoted(column)
    if not is_whole(kind):
        return name
    broken = f"contains({name}, '.') or contains({name}, 'e') or contains({name}, 'E')"
    return f"case when {broken} then error('not a whole number') else {name}::{kind} end as {name}"


def _declared(types: dict[str, str]) -> str:
    columns = ", ".join(f"{literal(column)}: {literal(kind)}" for column, kind in types.items())
    return f"auto_detect = false, quote = '\"', escape = '\"', columns = {{{columns}}}"


def _scan(source: Source, file: FetchedSource, options: str) -> str:
    missing = ", ".join(literal(value) for value in source.null_values)
    place = literal(str(file.path))
    return f"read_csv({place}, header = true, delim = '{_delimiter(file)}', nullstr = [{missing}], {options})"


def _delimiter(file: FetchedSource) -> str:
    return "\t" if file.name.lower().endswith((".tsv", ".tab")) else ","


def _header(file: FetchedSource) -> list[str]:
    """Return the first line's names, after checking that there is one, and a line below it."""
    try:
        with file.path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, delimiter=_delimiter(file))
            header = next(reader, [])
            first = next(reader, None)
    except UnicodeDecodeError:
        raise not_utf8(file) from None
    if not header or first is None:
        raise SourceError(
            f"{file.name} {'has a header and no rows' if header else 'is empty'}",
            where=file.name,
            remedy="check how the file was made, then correct uri and sha256",
        )
    return header
