"""Which JSON schemas may describe a tool's parameters: valid, closed, finite, and whole in themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_OUTSIDE = ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$schema", "$vocabulary")
"""Keywords that let a schema depend on another one, or on another dialect."""
_OPENING = ("patternProperties", "unevaluatedProperties", "propertyNames", "dependentSchemas")
"""Keywords that give an object properties without naming them."""
_NAMED = ("properties", "$defs", "definitions")
"""Keywords below which the keys are names and no keywords."""
_DATA = ("const", "enum", "default", "examples")
_MOST_PARTS = 5000
_DEEPEST = 24


def checked_parameters(schema: dict[str, Any]) -> dict[str, Any]:
    """Return `schema` with its local references put in place. Raises `ValueError` that names the place."""
    resolved = _Resolver(schema).resolved(schema)
    if not isinstance(resolved, dict):
        raise ValueError("must be a JSON schema: a section with type, properties, …")
    resolved.pop("$defs", None)
    resolved.pop("definitions", None)
    _check_valid(resolved)
    if resolved.get("type") != "object":
        raise ValueError("type: must be object")
    for place, part in _subschemas(resolved, ""):
        _check_closed(part, place)
    return resolved


def _check_valid(schema: dict[str, Any]) -> None:
    # Late imports: start-up time.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = ".".join(str(part) for part in error.absolute_path) or "(the whole schema)"
        raise ValueError(f"{place}: is no valid JSON schema: {error.message[:200]}") from None


def _check_closed(schema: dict[str, Any], place: str) -> None:
    for keyword in _OPENING:
        if keyword in schema:
            raise ValueError(f"{place}{keyword}: is not allowed; name every property under properties")
    is_object = "properties" in schema or "object" in _types(schema)
    if is_object and schema.get("additionalProperties") is not False:
        raise ValueError(f"{place}additionalProperties: must be false")
    if "array" in _types(schema) and "items" not in schema:
        raise ValueError(f"{place}items: is missing, so that anything would be allowed")
    untyped = not _types(schema) and not any(word in schema for word in ("const", "enum", "oneOf", "anyOf", "allOf"))
    if untyped:
        raise ValueError(f"{place}type: is missing, so that anything would be allowed")


def _types(schema: dict[str, Any]) -> tuple[str, ...]:
    given = schema.get("type", ())
    return (given,) if isinstance(given, str) else tuple(given)


def _subschemas(schema: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each schema that describes a value, with its place."""
    yield place, schema
    for name, part in schema.get("properties", {}).items():
        yield from _of(part, f"{place}properties.{name}.")
    for keyword in ("items", "contains"):
        if keyword in schema:
            yield from _of(schema[keyword], f"{place}{keyword}.")
    for keyword in ("oneOf", "anyOf", "prefixItems"):
        for index, part in enumerate(schema.get(keyword, [])):
            yield from _of(part, f"{place}{keyword}.{index}.")


def _of(part: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(part, dict):
        raise ValueError(f"{place[:-1]}: must be a schema with a type, not true or false")
    yield from _subschemas(part, place)


class _Resolver:
    """Puts local references in place, and counts what it writes: a few references can unfold without measure."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._parts = 0

    def resolved(self, part: Any, through: tuple[str, ...] = (), *, names: bool = False, depth: int = 0) -> Any:
        """Return `part` without references; `through` are those we are in, `names` says that its keys are names."""
        self._count(depth)
        if isinstance(part, list):
            return [self.resolved(item, through, depth=depth + 1) for item in part]
        if not isinstance(part, dict):
            return part
        if not names:
            self._check_stands_alone(part)
            if "$ref" in part:
                return self._followed(part, through, depth)
        return {
            key: value
            if not names and key in _DATA
            else self.resolved(value, through, names=not names and key in _NAMED, depth=depth + 1)
            for key, value in part.items()
        }

    def _count(self, depth: int) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise ValueError("is too large once its references are put in place")
        if depth > _DEEPEST:
            raise ValueError(f"is nested deeper than {_DEEPEST} levels")

    def _check_stands_alone(self, part: dict[str, Any]) -> None:
        if not all(isinstance(key, str) for key in part):
            raise ValueError("has a key that is no text")
        outside = next((keyword for keyword in _OUTSIDE if keyword in part), None)
        if outside:
            raise ValueError(f"{outside}: is not allowed, a tool's schema stands by itself")

    def _followed(self, part: dict[str, Any], through: tuple[str, ...], depth: int) -> Any:
        reference = part["$ref"]
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise ValueError(f"$ref: '{reference}' is remote, or the whole; only '#/$defs/…' is allowed")
        if reference in through:
            raise ValueError(f"$ref: '{reference}' is recursive")
        others = sorted(set(part) - {"$ref", "description"})
        if others:
            raise ValueError(f"$ref: stands beside {others[0]}, which would be overlooked")
        found = self.resolved(self._target(reference), (*through, reference), depth=depth + 1)
        return {**found, **{key: value for key, value in part.items() if key == "description"}}

    def _target(self, reference: str) -> dict[str, Any]:
        target: Any = self._root
        for step in reference[2:].split("/"):
            target = target.get(step) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            raise ValueError(f"$ref: there is no '{reference}'")
        return target
