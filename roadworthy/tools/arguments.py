"""Turns the arguments that a model asked for into those that run: plain JSON, small, the customer's own, and valid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from roadworthy.canonical import canonical_json
from roadworthy.tools.declaration import Tool
from roadworthy.tools.withheld import NotTheCustomers, Withheld, has_format

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

# Late imports: start-up time.


class Refused(Exception):
    """A call may not run; `reason` holds no contents, neither values nor names that the model made up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def plain_arguments(arguments: Mapping[str, Any], largest: int) -> dict[str, Any]:
    """Return the arguments as new JSON values in canonical form, at most `largest` bytes of it.

    What is digested, validated and run is this one value: 1.0 becomes 1, and an object with methods of its own
    does not come through. Raises `Refused`.
    """
    try:
        encoded = canonical_json(dict(arguments))
    except (ValueError, TypeError, RecursionError, AttributeError):
        # rfc8785's own errors are ValueErrors, as are those of lone surrogates.
        raise Refused("the arguments are no JSON values") from None
    if len(encoded) > largest:
        raise Refused(f"the arguments are larger than {largest} bytes")
    plain: dict[str, Any] = json.loads(encoded)
    return plain


def bound_arguments(tool: Tool, arguments: dict[str, Any], user: str) -> dict[str, Any]:
    """Return the arguments with the authenticated customer in the place that is bound to him. Raises `Refused`."""
    if tool.bound_to_user is None:
        return arguments
    if not user:
        raise Refused("nobody is signed in")
    if arguments.get(tool.bound_to_user, user) != user:
        raise Refused(f"{tool.bound_to_user} is not the authenticated customer")
    return {**arguments, tool.bound_to_user: user}


def restored_arguments(tool: Tool, arguments: dict[str, Any], withheld: Withheld) -> dict[str, Any]:
    """Return the arguments with what the model could not read put back where the tool declares it. Raises `Refused`."""
    try:
        return withheld.put_back(tool.parameters, arguments)
    except NotTheCustomers:
        raise Refused("an argument is not what the customer wrote") from None


def check_arguments(tool: Tool, arguments: dict[str, Any]) -> None:
    """Hold the arguments against the tool's schema. Raises `Refused` with the schema's rule that is broken."""
    error = next(iter(_validator(json.dumps(tool.parameters)).iter_errors(arguments)), None)
    if error is not None:
        # The path inside the schema is the author's; message and instance would repeat what the model wrote.
        rule = ".".join(str(part) for part in error.absolute_schema_path)
        raise Refused(f"the arguments break the schema at {rule}")


@lru_cache(maxsize=256)
def _validator(schema: str) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    validator: Validator = extend(Draft202012Validator, {"pattern": _pattern, "format": _format})(json.loads(schema))
    return validator


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Any:
    """Hold a text against a pattern as JSON schema means it: in Python, `$` also allows a final line break."""
    import re

    from jsonschema.exceptions import ValidationError

    strict = re.sub(r"(?<!\\)((?:\\\\)*)\$$", r"\1\\Z", pattern)
    if isinstance(instance, str) and not re.search(strict, instance):
        yield ValidationError("does not match the pattern")


def _format(validator: Any, name: str, instance: Any, schema: Any) -> Any:
    """Hold a text against the formats that we know: a placeholder that stayed must not pass for an address."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not has_format(name, instance):
        yield ValidationError("does not have the format")
