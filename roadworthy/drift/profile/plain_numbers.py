"""Counts numbers that a Parquet file holds as numbers: Arrow reads them for less than DuckDB takes to hand them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile

if TYPE_CHECKING:
    import pyarrow
    from pyarrow.parquet import FileMetaData, ParquetFile

BATCH = 2**17
"""Rows that are counted together."""
_BUFFER = 2**20
"""Bytes of each column that are read ahead, so that memory does not grow with a file's row groups."""

_Counted = dict[str, NumericProfile]


def plain_numbers(path: Path, columns: Sequence[NumericLayout], types: Mapping[str, str]) -> list[NumericLayout]:
    """Return those of the columns, of these DuckDB types, that need no SQL to be read as they are.

    What DuckDB adds to a file, such as columns that its folders' names stand for, is not among them.
    """
    if path.suffix != ".parquet" or not path.is_file():
        return []
    schema = _open(path).schema_arrow
    return [one for one in columns if one.is_plain(types[one.name]) and _is_number(schema, one.name)]


def count_plain(path: Path, columns: Sequence[NumericLayout], threads: int) -> _Counted:
    """Count these columns of a Parquet file, whose row groups are shared out among threads."""
    nothing = {one.name: one.absent(0) for one in columns}
    if not columns:
        return nothing
    metadata = _open(path).metadata
    groups = range(metadata.num_row_groups)
    with ThreadPoolExecutor(max(1, min(threads, len(groups)))) as pool:
        return reduce(_merged, pool.map(lambda group: _count_group(path, columns, metadata, group), groups), nothing)


def _count_group(path: Path, columns: Sequence[NumericLayout], metadata: FileMetaData, group: int) -> _Counted:
    names = [one.name for one in columns]
    counted = {one.name: one.absent(0) for one in columns}
    with _open(path, metadata) as file:
        for batch in file.iter_batches(BATCH, row_groups=[group], columns=names, use_threads=False):
            counted = _merged(counted, {one.name: one.count(batch.column(one.name)) for one in columns})
    return counted


def _merged(one: _Counted, other: _Counted) -> _Counted:
    return {name: column.merge(other[name]) for name, column in one.items()}


def _open(path: Path, metadata: FileMetaData | None = None) -> ParquetFile:
    # Late imports: start-up time.
    from pyarrow.parquet import ParquetFile

    return ParquetFile(path, metadata=metadata, pre_buffer=False, buffer_size=_BUFFER)


def _is_number(schema: pyarrow.Schema, name: str) -> bool:
    from pyarrow import types

    places = schema.get_all_field_indices(name)
    if len(places) != 1:
        return False
    kind = schema.field(places[0]).type
    return bool(types.is_integer(kind) or types.is_floating(kind))
