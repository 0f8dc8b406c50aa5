"""The JSON Schema of a request for predictions: what a client may send for one model's features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadworthy.modelling.online_values import number_range
from roadworthy.modelling.schema import Feature, FeatureSchema


def request_schema(schema: FeatureSchema, most_rows: int) -> Mapping[str, Any]:
    """Return a JSON Schema (2020-12): a body that it refuses is refused, but for equal lengths of columns."""
    values = _values(schema)
    lists = {
        name: {"type": "array", "items": value, "minItems": 1, "maxItems": most_rows} for name, value in values.items()
    }
    records = {"type": "array", "items": _object(values), "minItems": 1, "maxItems": most_rows}
    return {
        "type": "object",
        "description": f"Rows of which the probability of {schema.label} = {schema.positive!r} is wanted.",
        "oneOf": [_object({"records": records}), _object({"columns": _object(lists)})],
    }


def record_schema(schema: FeatureSchema) -> Mapping[str, Any]:
    """Return the JSON Schema of one record."""
    return _object(_values(schema))


def _values(schema: FeatureSchema) -> dict[str, Any]:
    return {feature.name: _value(feature) for feature in schema.features}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _value(feature: Feature) -> dict[str, Any]:
    """Return the schema of one value; null is a missing one."""
    numbers = number_range(feature.type)
    if feature.kind == "text" or (feature.kind == "categorical" and numbers is None and feature.type != "BOOLEAN"):
        return {"type": ["string", "null"]}
    if feature.type == "BOOLEAN":
        return {"type": ["boolean", "null"]}
    if numbers is None:
        return {"type": ["number", "null"]}
    kind = "integer" if numbers.whole else "number"
    return {"type": [kind, "null"], "minimum": numbers.least, "maximum": numbers.most}
