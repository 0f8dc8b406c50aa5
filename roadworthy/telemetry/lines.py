"""One line of a segment: an event or a content as JSON, with the schema's version."""

from __future__ import annotations

import dataclasses
from decimal import Context, Decimal
from typing import Any

import orjson

from roadworthy.telemetry.event import SCHEMA_VERSION, Content, Event

DIGITS, PLACES = 38, 18
"""What a cost is kept with: 38 digits in all, 18 of them behind the point."""
START = b'{"v":'
"""How every line begins."""
_EXACT = Context(prec=DIGITS)
_SMALLEST = Decimal(1).scaleb(-PLACES)
# Integers are held to 53 bits, so that every reader of JSON has the same number.
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_STRICT_INTEGER


def event_line(event: Event) -> bytes:
    """Return the event's line. Raises `TypeError` for an event that no line can hold, such as an endless cost."""
    return _line({"v": SCHEMA_VERSION, "event": event, "content": None})


def content_line(content: Content) -> bytes:
    """Return the content's line; raises as `event_line` does."""
    return _line({"v": SCHEMA_VERSION, "event": None, "content": content})


def _line(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS)
    except TypeError:
        # Perhaps half a surrogate pair, which a client may send in JSON and UTF-8 does not have.
        return orjson.dumps(_encodable(value), default=_plain, option=_OPTIONS)


def _plain(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return format(_EXACT.quantize(value, _SMALLEST), "f")
    raise TypeError(f"{type(value).__name__} has no form in a line")


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {name: _encodable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(one) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _encodable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value
