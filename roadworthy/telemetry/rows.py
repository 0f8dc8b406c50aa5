"""Events and contents as the values that they were before they became rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from math import nan
from typing import TYPE_CHECKING, Any

from roadworthy.telemetry.event import (
    Called,
    Content,
    Ending,
    Event,
    GuardVerdict,
    Kind,
    Part,
    Prompted,
    Retrieved,
    Returned,
    Said,
)

if TYPE_CHECKING:
    import pyarrow as pa

_LISTS = {
    "parts": Part,
    "guards": GuardVerdict,
    "retrieved": Retrieved,
    "calls": Called,
    "prompts": Prompted,
    "outputs": Returned,
}


def events_of(table: pa.Table) -> Iterator[Event]:
    """Yield the event of each row of a table that `read_events` returned."""
    for row in table.to_pylist():
        lists = {name: tuple(_member(maker, one) for one in row[name]) for name, maker in _LISTS.items()}
        said = None if row["said"] is None else _member(Said, row["said"])
        kinds = {"kind": Kind(row["kind"]), "ending": Ending(row["ending"])}
        yield Event(**{**row, **lists, **kinds, "at": _utc(row["at"]), "said": said})


def contents_of(table: pa.Table) -> Iterator[Content]:
    """Yield the content of each row of a table that `read_contents` returned."""
    for row in table.to_pylist():
        changed: dict[str, Any] = {"at": _utc(row["at"]), "scores": tuple(row["scores"])}
        yield Content(**{**row, **changed})


def _member(kind: type[Any], row: dict[str, Any]) -> Any:
    """Make a value inside of an event; null is what an older writer did not know, or a number that JSON has not."""
    missing = {one.name: nan if one.default is MISSING else one.default for one in fields(kind)}
    return kind(**{name: missing[name] if value is None else value for name, value in row.items()})


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
