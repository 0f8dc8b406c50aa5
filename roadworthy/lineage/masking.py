"""Takes passwords out of what lineage keeps: `scheme://user:password@host` becomes `scheme://***@host`."""

from __future__ import annotations

import re
from typing import Any

# Greedy up to the authority's last @, because a password may hold an unescaped one.
_CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#\"'<>]+@")


def mask(text: str) -> str:
    """Return `text` without the user information in its URIs."""
    return _CREDENTIALS.sub(r"\g<scheme>***@", text)


def mask_value(value: Any) -> Any:
    """Return a JSON value with each of its texts masked, keys included."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(key): mask_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_value(item) for item in value]
    return value
