"""Reads what users really asked from a CSV or JSON Lines file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadworthy.errors import DataError

GUESSES = ("query", "question", "text", "utterance")
"""The names of columns that hold what users asked, the likeliest first."""
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class RealQueries:
    """What users asked, as it was written; still with what identifies them."""

    column: str
    texts: tuple[str, ...]


def read_real_queries(path: Path, column: str | None = None) -> RealQueries:
    """Return a column of a .csv or .jsonl file; without a name, the first column that is called like a query.

    Raises `DataError` that names file, line and field, and never what stands there.
    """
    readers = {".csv": _csv_rows, ".jsonl": _json_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError("is neither CSV nor JSON Lines", where=str(path), remedy="give a .csv or a .jsonl file")
    rows = list(reader(_text(path), str(path)))
    if not rows:
        raise DataError("holds no rows", where=str(path), remedy="give a file with one query a row")
    name = _column(rows[0][1], column, str(path))
    return RealQueries(name, tuple(_value(row, name, f"{path}:{number}") for number, row in rows))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"can't be read: {error.strerror}", where=str(path), remedy="check the path") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError("is not UTF-8", where=f"{path}:{line}", remedy="save it as UTF-8") from None


def _csv_rows(text: str, where: str) -> Iterator[tuple[int, dict[str, Any]]]:
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if None in row:
                raise DataError(
                    "a row has more fields than the header",
                    where=f"{where}:{reader.line_num}",
                    remedy="put fields that hold the delimiter in quotes",
                )
            yield reader.line_num, row
    except csv.Error as error:
        # The inner reader has counted the line that broke.
        line = reader.reader.line_num
        raise DataError(f"is broken CSV: {error}", where=f"{where}:{line}", remedy="correct that line") from None


def _json_rows(text: str, where: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise DataError("is no JSON object", where=f"{where}:{number}", remedy="write one object a line")
        yield number, row


def _column(row: dict[str, Any], wanted: str | None, where: str) -> str:
    by_name: dict[str, str] = {name.strip().casefold(): name for name in row}
    found = next((by_name[name] for name in _wanted(wanted) if name in by_name), None)
    if found is None:
        raise DataError(
            f"has no column {wanted}" if wanted else "has no column that is called like a query",
            where=f"{where}: {', '.join(row)}",
            remedy="name the column that holds what users asked",
        )
    return found


def _wanted(wanted: str | None) -> Sequence[str]:
    return (wanted.strip().casefold(),) if wanted else GUESSES


def _value(row: dict[str, Any], column: str, where: str) -> str:
    value = row.get(column)
    if value is not None and not isinstance(value, str):
        raise DataError("is no text", where=f"{where}: {column}", remedy="give the query as a string")
    return value or ""
