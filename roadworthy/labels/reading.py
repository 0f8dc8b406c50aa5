"""Reads a file of labels, CSV or Parquet, as texts: what they mean is looked at row by row."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

FILE_KINDS = (".csv", ".parquet")


@dataclass(frozen=True)
class OutcomeColumns:
    """How the file calls its columns."""

    label: str = "label"
    request: str = "request"
    """The id that the prediction's answer had as x-request-id."""
    row: str = "row"
    """The row's number in the request, from 0; a file without it means the first row."""
    key: str | None = None
    """The key that was given with the prediction, instead of request and row."""
    event_time: str = "event_time"
    """When it happened; may be missing, and then the request's time stands for it."""

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which nothing can be joined."""
        return (self.label, self.key or self.request)

    def of_field(self, field: str) -> str:
        """Return how the file calls one of our fields."""
        names = {"label": self.label, "row": self.row, "event_time": self.event_time}
        return names.get(field, self.key or self.request)


def read_outcomes(path: Path, columns: OutcomeColumns) -> pa.Table:
    """Return the columns request, row, label and event_time as texts, null where nothing is said.

    With `columns.key` the column `request` holds the keys. Raises `DataError` when the file can't be read, is of
    another kind, or lacks a column.
    """
    import pyarrow as pa

    table = _table(path)
    for name in columns.needed:
        if name not in table.column_names:
            raise DataError(
                f"{path.name} has no column {name!r}",
                where=f"{path}: {name}",
                remedy=f"it has {', '.join(table.column_names)}; name yours with the options, see --help",
            )
    names = {"request": columns.needed[1], "row": columns.row, "label": columns.label, "event_time": columns.event_time}
    if columns.key is not None:
        del names["row"]
    nothing = pa.nulls(len(table), pa.string())
    found = {ours: _text(table, name, path) if name in table.column_names else nothing for ours, name in names.items()}
    return pa.table({"row": nothing} | found)


def _table(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    if path.suffix.lower() not in FILE_KINDS:
        raise DataError(f"{path.name} is neither CSV nor Parquet", where=str(path), remedy="give a .csv or .parquet")
    try:
        if path.suffix.lower() == ".parquet":
            return pyarrow.parquet.ParquetFile(path).read()
        with path.open("rb") as file:
            names = pyarrow.csv.open_csv(file).schema.names
        texts = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=["", "NULL", "NA"]
        )
        return pyarrow.csv.read_csv(path, convert_options=texts)
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{path.name} can't be read: {said}", where=str(path), remedy="check how the file was made"
        ) from None


def _text(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    import pyarrow as pa

    try:
        return table[name].cast(pa.string())
    except pa.ArrowException:
        raise DataError(
            f"{name!r} holds {table.schema.field(name).type}, which is no single value",
            where=f"{path}: {name}",
            remedy="give a column of texts, numbers or times",
        ) from None
