"""Labels in the store: segments that are written once, by capability and by the date of the request."""

# Late imports: start-up time.
from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError
from roadworthy.labels.database import database
from roadworthy.store import AlreadyStored, Store
from roadworthy.telemetry.places import LABELS, folder

if TYPE_CHECKING:
    import pyarrow as pa

_LAST_OF_EACH = """
    select request, "row", label, event, came from segments
    qualify row_number() over (partition by request, "row" order by came desc, place desc) = 1
    order by request, "row"
"""


@dataclass(frozen=True)
class KeptLabels:
    """What is kept of some days."""

    table: pa.Table
    """The columns of `label_schema`, one row for each predicted row that has a label: the last to come."""
    corrected: int
    """Labels that a later one replaces."""


@lru_cache(maxsize=1)
def label_schema() -> pa.Schema:
    """Return the columns of a segment: which row, its label (0 or 1), when it happened if known, when it came."""
    import pyarrow as pa

    moment = pa.timestamp("us", tz="UTC")
    return pa.schema(
        {"request": pa.string(), "row": pa.int64(), "label": pa.int8(), "event": moment, "came": moment},
        metadata={b"roadworthy.labels.schema": b"1"},
    )


def write_labels(store: Store, capability: str, day: date, table: pa.Table) -> None:
    """Keep the labels of one day's requests, in one step. The same labels that came at the same time are kept once."""
    import pyarrow as pa
    import pyarrow.parquet

    buffer = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table.cast(label_schema()), buffer, compression="zstd")
    content = buffer.getvalue().to_pybytes()
    with suppress(AlreadyStored):
        store.create(f"{_prefix(capability, day)}{hashlib.sha256(content).hexdigest()[:32]}.parquet", content)


def label_keys(store: Store, capability: str, days: Iterable[date]) -> list[str]:
    """Return the keys of the segments of some days."""
    return [key for day in days for key in store.keys(_prefix(capability, day))]


def read_labels(store: Store, capability: str, days: Iterable[date]) -> KeptLabels:
    """Return the labels of requests of some UTC dates; of a row that has several the last to come.

    Raises `IntegrityError` for a segment that is damaged, naming it, and `Unavailable`.
    """
    import pyarrow as pa

    parts = []
    for place, key in enumerate(label_keys(store, capability, days)):
        segment = _segment(store, key)
        parts.append(segment.append_column("place", pa.array([place] * len(segment), pa.int64())))
    empty = label_schema().empty_table().append_column("place", pa.array([], pa.int64()))
    segments = pa.concat_tables([empty, *parts])
    if not len(segments):
        return KeptLabels(label_schema().empty_table(), 0)
    with database() as connection:
        connection.register("segments", segments)
        last = connection.sql(_LAST_OF_EACH).to_arrow_table()
    return KeptLabels(last.cast(label_schema()), len(segments) - len(last))


def _prefix(capability: str, day: date) -> str:
    # No capability's name has a dot.
    return f"{folder(LABELS, day)}{capability}."


def _segment(store: Store, key: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(pa.BufferReader(store.read(key))).read()
        return table.select(label_schema().names).cast(label_schema())
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise IntegrityError(
            "A segment of labels is damaged.",
            where=f"{store.address}/{key}",
            remedy="Restore it from a copy; or remove it and add the labels again.",
        ) from error
