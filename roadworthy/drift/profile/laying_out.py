"""Makes the layout of a reference: bins at its quantiles, and its most frequent categories."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.drift.profile.categorical import LONGEST_NAME, CategoricalLayout
from roadworthy.drift.profile.numeric import NumericLayout
from roadworthy.drift.profile.profile import AnyLayout, Layout
from roadworthy.drift.profile.scanning import column_types, database, quoted, source
from roadworthy.errors import DataError
from roadworthy.modelling.schema import Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BINS = 20
MOST_CATEGORIES = 1000
_SAMPLE = 100_000
"""From so many rows on, quantiles are those of every second, third … row: bins need not be cut to the row."""
_STEPS = 14
"""The reference's range is 2 to this power units of moments, or up to twice as many."""
_MOST = 1000
"""Units beyond 2 to this power, or below its inverse, leave the range of floats."""

_NUMBERS = re.compile("U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL[^]]*|DATE|TIMESTAMP[^]]*")
"""DuckDB's types for numbers and times; lists of them are none."""


@dataclass(frozen=True)
class Watched:
    """A column to watch."""

    name: str
    kind: Kind
    """A number, a category, or a text, whose length is watched."""


def watch_all(path: Path) -> list[Watched]:
    """Return all columns of a file: numbers and times as numbers, and all others as categories.

    Raises `SourceError` when it can't be read.
    """
    with database() as connection:
        types = column_types(connection, path)
    return [Watched(name, "numeric" if _NUMBERS.fullmatch(kind) else "categorical") for name, kind in types.items()]


def make_layout(paths: Sequence[Path], columns: Sequence[Watched]) -> Layout:
    """Return the layout for a reference: Parquet or CSV files that all have these columns.

    Raises `DataError` when a file lacks a column, `SourceError` when one can't be read.
    """
    # Ordered: the sample counts rows.
    with database(ordered=True) as connection:
        for path in paths:
            _check(column_types(connection, path), columns, path)
        kinds = column_types(connection, paths[0])
        return Layout(columns=tuple(_lay_out(connection, paths, one, kinds[one.name]) for one in columns))


def _check(types: dict[str, str], columns: Sequence[Watched], path: Path) -> None:
    missing = [one.name for one in columns if one.name not in types]
    if missing:
        raise DataError(
            f"the reference lacks the columns {', '.join(missing)}",
            where=str(path),
            remedy="watch columns that the reference has, or make it of files that have them",
        )


def _lay_out(connection: DuckDBPyConnection, paths: Sequence[Path], column: Watched, kind: str) -> AnyLayout:
    if column.kind == "categorical":
        blank = CategoricalLayout(name=column.name, categories=(), complete=True)
        return _categories(connection, paths, blank, kind)
    start = NumericLayout(name=column.name, lengths=column.kind == "text", lowest=None, edges=())
    return _bins(connection, paths, start, kind)


def _categories(
    connection: DuckDBPyConnection, paths: Sequence[Path], blank: CategoricalLayout, kind: str
) -> CategoricalLayout:
    value = f"left({blank.expression(quoted(blank.name), kind)}, {LONGEST_NAME})"
    found = connection.sql(
        f"select v from (select {value} as v, count(*) as n from {_all(paths)} where v is not null group by v) "  # noqa: S608
        f"order by n desc, v limit {MOST_CATEGORIES + 1}"
    ).fetchall()
    names = tuple(name for (name,) in found)
    return CategoricalLayout(
        name=blank.name, categories=names[:MOST_CATEGORIES], complete=len(names) <= MOST_CATEGORIES
    )


def _bins(connection: DuckDBPyConnection, paths: Sequence[Path], blank: NumericLayout, kind: str) -> NumericLayout:
    value = f"({blank.expression(quoted(blank.name), kind)})::DOUBLE"
    low, high, rows = _row(
        connection,
        f"select min(v), max(v), count(*) from (select {value} as v from {_all(paths)}) where isfinite(v)",  # noqa: S608
    )
    if not rows:
        return blank
    step = max(1, rows // _SAMPLE)
    numbered = f"select {value} as v, row_number() over () as number from {_all(paths)}"  # noqa: S608
    levels = [place / BINS for place in range(1, BINS)]
    (inner,) = _row(
        connection,
        f"select quantile_disc(v, {levels}) from ({numbered}) where isfinite(v) and number % {step} = 0",  # noqa: S608
    )
    edges = tuple(sorted({edge + 0.0 for edge in (*(inner or ()), high)}))
    exponent = _exponent(low, high)
    unit = math.ldexp(1.0, exponent)
    origin = round((low / 2 + high / 2) / unit) * unit
    return blank.model_copy(update={"lowest": low + 0.0, "edges": edges, "origin": origin, "exponent": exponent})


def _exponent(low: float, high: float) -> int:
    half = high / 2 - low / 2
    if not half:
        return 0
    return max(-_MOST, min(_MOST, math.frexp(half)[1] - _STEPS))


def _all(paths: Sequence[Path]) -> str:
    return "(" + " union all by name ".join(f"from {source(path)}" for path in paths) + ")"


def _row(connection: DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (row,) = connection.sql(query).fetchall()
    return tuple(row)
