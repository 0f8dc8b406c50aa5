"""One value, one sequence of bytes: JSON in the two forms that we digest and keep."""

from __future__ import annotations

import json
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """Encode for hashing and signing, by RFC 8785 (JSON Canonicalization Scheme)."""
    return rfc8785.dumps(value)


def readable_json(value: Any) -> bytes:
    """Encode for people: sorted, indented, one final newline; the same value always gives the same bytes.

    Raises `ValueError` for NaN and infinity, which are not JSON.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"
