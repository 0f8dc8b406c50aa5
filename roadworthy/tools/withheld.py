"""What the guards withheld from the model, and how the tool layer alone puts it back where a schema declares it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Format = Literal["email"]
PLACEHOLDERS: Mapping[Format, str] = {"email": "[personal: email]"}
"""By JSON schema's format, what the guards write in its place, and the model in an argument."""
_FORMATS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
    )
}
"""The HTML standard's rule for e-mail addresses, less dotless domains: no placeholder holds it."""
_FORM = ("format", "pattern", "minLength", "maxLength")


class NotTheCustomers(Exception):
    """An argument is another value than the one that the customer gave."""


@dataclass(frozen=True)
class Withheld:
    """By format the one value that stood in the customer's own words; of one exchange, and of nobody else's."""

    values: Mapping[Format, str] = field(default_factory=dict, repr=False)

    def put_back(self, parameters: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments with the customer's value for the whole placeholder, where `parameters` declare the
        format. Raises `NotTheCustomers` for any other text there: the model can't have read it.

        A placeholder stays where nothing was withheld, or several values; there it breaks the format.
        """
        properties = parameters.get("properties", {})
        return {name: self._original(properties.get(name, {}), value) for name, value in arguments.items()}

    def _original(self, schema: Mapping[str, Any], given: Any) -> Any:
        for form, value in self.values.items():
            if schema.get("type") == "string" and schema.get("format") == form:
                if not isinstance(given, str) or given.strip() != PLACEHOLDERS[form]:
                    raise NotTheCustomers
                return value
        return given

    def hidden(self, text: str) -> str:
        """Return `text` with the placeholders for the values, however they are capitalised."""
        for form, value in self.values.items():
            text = re.sub(re.escape(value), PLACEHOLDERS[form], text, flags=re.IGNORECASE)
        return text


NOTHING = Withheld()


def shown_to_model(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an argument as a model may fill it: a placeholder has not the form of what it stands for."""
    if schema.get("format") not in PLACEHOLDERS:
        return dict(schema)
    return {key: value for key, value in schema.items() if key not in _FORM}


def has_format(name: str, text: str) -> bool:
    """Tell whether `text` has a format; true for formats that we don't know, as JSON schema has it."""
    return name not in _FORMATS or _FORMATS[name].fullmatch(text) is not None
