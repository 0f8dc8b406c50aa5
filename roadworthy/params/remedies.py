"""What to do about a wrong key or value of params.yaml: what is allowed at its place, and what was meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from roadworthy.params.capability import Params

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "string": "a text; in quotes, if it looks like a number",
    "tuple": "a list: [one, another]",
    "dict": "a section: keys with values",
    "model": "a section: keys with values",
    "datetime": "a date such as 2013-01-31",
}
"""By the beginning of the error's type: what is wanted."""


def remedy(error: ErrorDetails) -> str:
    """Return what to do about one of pydantic's errors."""
    wrong = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "missing":
        return f"add the key {wrong!r}"
    if error["type"] == "extra_forbidden":
        allowed = _allowed_keys(error["loc"][:-1])
        return _choice(wrong, allowed) if allowed else "remove it"
    return _remedy_of_value(error)


def _remedy_of_value(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    # Of a literal or an enumeration, and of a section whose kind is unknown.
    allowed = re.findall(r"'([^']*)'", str(context.get("expected") or context.get("expected_tags") or ""))
    if allowed:
        return _choice(str(context.get("tag") or error["input"]), allowed)
    bounds = [f"{words} {context[name]}" for name, words in _BOUNDS.items() if name in context]
    if bounds:
        return f"allowed here: {bounds[0]}"
    wanted = _KINDS.get(error["type"].partition("_")[0]) if error["type"].endswith(("_type", "_parsing")) else None
    return f"give {wanted}" if wanted else "correct the value; the allowed ones are described in roadworthy/params/"


def _choice(wrong: str, allowed: list[str]) -> str:
    plain = {name.lower(): name for name in allowed}
    near = get_close_matches(wrong.lower(), plain, n=1)
    meant = f"did you mean {plain[near[0]]!r}? " if near else ""
    return f"{meant}allowed here: {', '.join(allowed)}"


def _allowed_keys(location: tuple[int | str, ...]) -> list[str]:
    """Walk down the models by `location` and return the keys that are allowed there."""
    here: Any = Params
    for part in location:
        here = _step_into(here, part)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return []
    return [field.alias or name for name, field in here.model_fields.items()]


def _step_into(here: Any, part: int | str) -> Any:
    here = _plain(here)
    if isinstance(here, type) and issubclass(here, BaseModel):
        fields = {field.alias or name: field for name, field in here.model_fields.items()}
        return fields[str(part)].annotation if part in fields else None
    arguments = getattr(here, "__args__", ())
    inner = [_plain(argument) for argument in arguments]
    models = [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
    unions = [one for one in inner if isinstance(one, UnionType)]
    return next((model for model in models if _tag(model) == part), (models or unions or [None])[-1])


def _plain(kind: Any) -> Any:
    """Return the type without what `Annotated` says about it."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _tag(model: type[BaseModel]) -> object:
    kind = model.model_fields.get("kind")
    return getattr(kind.annotation, "__args__", (None,))[0] if kind else None
