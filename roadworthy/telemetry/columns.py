"""The columns of events, scores and contents in Parquet, and how a table of another age is brought to them."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import MISSING, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from roadworthy.telemetry.event import SCHEMA_VERSION, Content, Event
from roadworthy.telemetry.lines import DIGITS, PLACES
from roadworthy.telemetry.places import CONTENTS, EVENTS, SCORES

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = b"roadworthy.telemetry.schema"
"""The name under which a file's metadata holds the schema's version."""


@lru_cache(maxsize=1)
def event_schema() -> pa.Schema:
    """Return the columns of events: one for each field of `Event`, times in UTC, costs exact."""
    import pyarrow as pa

    text, whole, number, flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()
    return _versioned(
        id=text, at=pa.timestamp("us", tz="UTC"), kind=text, ending=text, status=whole, seconds=number,
        tenant=text, user=text, conversation=text,
        capability=text, release=whole, digest=text, arm=text, problem=text,
        streamed=flag, first_text_seconds=number,
        parts=_list_of(name=text, seconds=number, failure=text),
        prompt_tokens=whole, completion_tokens=whole,
        cost=pa.decimal128(DIGITS, PLACES), currency=text, cached=flag, fallback=text,
        guards=_list_of(place=text, guard=text, verdict=text, seconds=number),
        retrieved=_list_of(document=text, start=whole, score=number, cited=flag),
        calls=_list_of(tool=text, verdict=text, arguments_digest=text),
        rows=whole,
        said=pa.struct({"request": text, "thumb": text, "resolved": flag}),
        prompts=_list_of(name=text, version=text, instructions=text, characters=whole),
        outputs=_list_of(tool=text, schema=text, characters=whole),
    )  # fmt: skip


@lru_cache(maxsize=1)
def score_schema() -> pa.Schema:
    """Return the columns of scores: those of an event with predicted rows that labels are joined by."""
    import pyarrow as pa

    text = pa.string()
    return _versioned(
        id=text, at=pa.timestamp("us", tz="UTC"), capability=text, release=pa.int64(), digest=text,
        scores=pa.list_(pa.float64()), keys=pa.list_(text),
    )  # fmt: skip


@lru_cache(maxsize=1)
def content_schema() -> pa.Schema:
    """Return the columns of contents: one for each field of `Content`."""
    import pyarrow as pa

    text = pa.string()
    return _versioned(
        id=text, at=pa.timestamp("us", tz="UTC"), capability=text,
        question=text, answer=text, comment=text, rows=text, scores=pa.list_(pa.float64()),
    )  # fmt: skip


def schema_of(place: str) -> pa.Schema:
    """Return the columns of what lies in a place (telemetry/places.py)."""
    return {EVENTS: event_schema, CONTENTS: content_schema, SCORES: score_schema}[place]()


def brought_to(table: pa.Table, place: str) -> pa.Table:
    """Return the columns of a place; what an older writer did not know has its default, what is unknown goes.

    Raises `pyarrow.ArrowException` when a column can't be what it has to be.
    """
    import pyarrow as pa

    schema = schema_of(place)
    defaults, columns = _defaults(Content if place == CONTENTS else Event), []
    for field in schema:
        known = field.name in table.column_names
        column = table[field.name].cast(field.type) if known else pa.nulls(len(table), field.type)
        columns.append(_filled(column, defaults[field.name]))
    return pa.Table.from_arrays(columns, schema=schema)


def _filled(column: Any, default: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if default is None or column.null_count == 0:
        return column
    if default == ():
        empty = pa.array([[]], column.type).take(pa.array([0] * len(column)))
        return pc.if_else(column.is_valid(), column, empty)
    return pc.fill_null(column, pa.scalar(default, column.type))


def _defaults(kind: type[Event] | type[Content]) -> dict[str, Any]:
    """By field the value that stands where there is none; None where none is meant."""
    found = {field.name: None if field.default is MISSING else field.default for field in fields(kind)}
    # JSON has no NaN: orjson writes null.
    return found | ({"seconds": float("nan")} if kind is Event else {})


def _versioned(**columns: pa.DataType) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(columns, metadata={VERSION: str(SCHEMA_VERSION)})


def _list_of(**members: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    return pa.list_(pa.struct(members))
