"""Names places in a request's body: JSON pointers (RFC 6901), of what pydantic found wrong in it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from gateway.problems import FieldProblem

_MOST, _LONGEST = 10, 60
"""Places that are named, and characters of a name that the client chose."""


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer of these parts; long names are cut."""
    return "".join("/" + str(part)[:_LONGEST].replace("~", "~0").replace("/", "~1") for part in parts)


def field_problems(error: ValidationError, body: Any) -> tuple[FieldProblem, ...]:
    """Return what is wrong with `body`, place by place: the words of rules, never what was sent."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:_MOST]
    return tuple(FieldProblem(pointer(*_place(one["loc"], body, one["type"])), one["msg"]) for one in found)


def _place(location: tuple[str | int, ...], body: Any, kind: str) -> list[str | int]:
    """Return the parts of a location that are the body's own: pydantic adds the names of its alternatives."""
    place: list[str | int] = []
    for part in location:
        if _has(body, part):
            body = body[part]
        elif kind != "missing" or part != location[-1]:
            continue
        place.append(part)
    return place


def _has(body: Any, part: str | int) -> bool:
    return part in body if isinstance(body, dict) else isinstance(body, list) and part in range(len(body))
