"""The shape of a tool's output: its fields with their types, and figures of their values; no text of it is kept."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes

MOST_FIELDS = 200
"""Further ones are not looked at; an output with more is a table, whose rows share their fields."""


@dataclass(frozen=True)
class OutputShape:
    """What an output looks like."""

    schema: str
    """The digest of its fields and their types."""
    fields: Mapping[str, float] = field(default_factory=dict)
    """By field a figure: numbers and flags themselves, of texts the length in characters, of lists the items."""


def shape_of(output: Any) -> OutputShape:
    """Return the shape of a JSON value. Elements of a list share one field; of several figures the mean is taken."""
    types: dict[str, set[str]] = {}
    figures: dict[str, list[float]] = {}
    for path, kind, figure in _leaves(output, ""):
        if path not in types and len(types) >= MOST_FIELDS:
            continue
        types.setdefault(path, set()).add(kind)
        if figure is not None:
            figures.setdefault(path, []).append(figure)
    schema = digest_bytes(canonical_json({path: sorted(kinds) for path, kinds in types.items()}))
    return OutputShape(schema, {path: _mean(some) for path, some in figures.items()})


def schema_of_text(text: str) -> str:
    """Return the schema of an output as JSON text; what is no JSON is a text."""
    try:
        return shape_of(json.loads(text)).schema
    except (ValueError, RecursionError):
        return shape_of(text).schema


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str, float | None]]:
    if isinstance(value, Mapping):
        yield path, "object", None
        for name, one in value.items():
            yield from _leaves(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        yield path, "list", float(len(value))
        for one in value:
            yield from _leaves(one, f"{path}[]")
    else:
        yield path, *_leaf(value)


def _leaf(value: Any) -> tuple[str, float | None]:
    if value is None:
        return "null", None
    if isinstance(value, bool):
        return "flag", float(value)
    if isinstance(value, int | float):
        # Whole numbers in JSON know no bounds, and what is beyond a float's has no figure.
        return "number", float(value) if abs(value) <= sys.float_info.max else None
    return "text", float(len(str(value)))


def _mean(figures: Sequence[float]) -> float:
    try:
        return math.fsum(figures) / len(figures)
    except OverflowError:  # Only their sum is too large for a float.
        return math.fsum(one / len(figures) for one in figures)
