"""Loads params.yaml, and says of an unknown or wrong key where it is, what is allowed and what was meant."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from roadworthy.errors import ParamsError, UnknownName
from roadworthy.params.capability import ModelCapability, Params

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


def capability_params(params: Params, name: str) -> ModelCapability:
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


def _explained(errors: list[ErrorDetails], source: str) -> ParamsError:
    lines = [f"{_place(error)}: {_reason(error)}" for error in errors]
    return ParamsError(
        f"{source} has {len(lines)} wrong key{'s' if len(lines) > 1 else ''} or value{'s' if len(lines) > 1 else ''}",
        where=f"{source}: " + "\n          ".join(lines),
        remedy=_remedy(errors[0]),
    )


def _place(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"]) or "(the whole file)"


def _reason(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown key"
    if error["type"] == "missing":
        return "missing"
    given = error.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return error["msg"].removeprefix("Value error, ") + shown


def _remedy(error: ErrorDetails) -> str:
    allowed = _allowed_keys(error["loc"][:-1])
    wrong = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "missing":
        return f"add the key {wrong!r}"
    if error["type"] == "extra_forbidden" and allowed:
        near = get_close_matches(wrong, allowed, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        return f"{meant}allowed here: {', '.join(allowed)}"
    return "correct the value; the allowed ones are described in roadworthy/params/"


def _allowed_keys(location: tuple[int | str, ...]) -> list[str]:
    """Walk down the models by `location` and return the keys that are allowed there."""
    here: Any = Params
    for part in location:
        here = _step_into(here, part)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return []
    return [field.alias or name for name, field in here.model_fields.items()]


def _step_into(here: Any, part: int | str) -> Any:
    if isinstance(here, type) and issubclass(here, BaseModel):
        fields = {field.alias or name: field for name, field in here.model_fields.items()}
        return fields[str(part)].annotation if part in fields else None
    arguments = getattr(here, "__args__", ())
    models = [argument for argument in arguments if isinstance(argument, type) and issubclass(argument, BaseModel)]
    return next((model for model in models if _tag(model) == part), models[-1] if models else None)


def _tag(model: type[BaseModel]) -> object:
    kind = model.model_fields.get("kind")
    return getattr(kind.annotation, "__args__", (None,))[0] if kind else None
