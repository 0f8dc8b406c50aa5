"""Loads params.yaml, and says of an unknown or wrong key where it is, what is allowed and what was meant."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from roadworthy.errors import ParamsError, UnknownName
from roadworthy.params.capability import KINDS, Capability, Params
from roadworthy.params.remedies import remedy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def load_params(path: Path) -> Params:
    """Read and check params.yaml. Raises `ParamsError` with the key's path, the allowed values and a suggestion."""
    return _checked(_read(path), path.name)


def check_params(content: Any, source: str) -> Params:
    """Check what was read from the file called `source`."""
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise _explained(error.errors(include_url=False), source) from None


def capability_params(params: Params, name: str) -> Capability:
    """Return the section of the capability `name`. Raises `UnknownName` with the names that there are."""
    if name in params.capabilities:
        return params.capabilities[name]
    near = get_close_matches(name, params.capabilities, n=1)
    known = ", ".join(sorted(params.capabilities))
    raise UnknownName(
        f"no capability is called {name!r}",
        where="params.yaml: capabilities",
        remedy=f"did you mean {near[0]!r}? There are: {known}" if near else f"there are: {known}",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ParamsError(
            f"there is no {path.name} here", where=str(path), remedy="run this in the repository's root"
        ) from None
    except UnicodeDecodeError as error:
        raise _unreadable(path.name, error) from None


@lru_cache(maxsize=2)
def _checked(text: str, source: str) -> Params:
    """Parse and check; kept, because each step looks at the file before and after it runs."""
    # Late: start-up time. YAML 1.2 as DVC reads it, where `Yes` is a word and a key may not stand twice.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise _unreadable(source, error) from None
    return check_params(content, source)


def _unreadable(source: str, error: Exception) -> ParamsError:
    return ParamsError(f"{source} is not readable as YAML", where=f"{source}: {error}", remedy="mend that line")


def _explained(found: list[ErrorDetails], source: str) -> ParamsError:
    errors = [error for error in found if not _follows(error, found)]
    lines = [f"{_place(error)}: {_reason(error)}" for error in errors]
    if len(errors) == 1:
        return ParamsError(
            f"{source} has 1 wrong key or value", where=f"{source}: {lines[0]}", remedy=remedy(errors[0])
        )
    advised = [f"{line}; {remedy(error)}" for line, error in zip(lines, errors, strict=True)]
    return ParamsError(
        f"{source} has {len(lines)} wrong keys or values",
        where=f"{source}: " + "\n          ".join(advised),
        remedy="mend each line as it says",
    )


def _follows(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Tell whether a list counts as too short just because an item of it is wrong."""
    place = error["loc"]
    return error["type"] == "too_short" and any(
        place == other["loc"][: len(place)] for other in errors if other != error
    )


def _place(error: ErrorDetails) -> str:
    """Return the path as it stands in the file; behind a capability's name pydantic puts its kind."""
    path = [str(part) for part in error["loc"]]
    if path[:1] == ["capabilities"] and path[2:3] and path[2] in KINDS:
        del path[2]
    return ".".join(path) or "(the whole file)"


def _reason(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown key"
    if error["type"] == "missing":
        return "missing"
    given = error.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return error["msg"].removeprefix("Value error, ") + shown
