"""What people and models wrote, made fit to be kept and shown on a terminal."""

from __future__ import annotations

import unicodedata

from roadworthy.guardrails.redaction import redact

_KEPT_CONTROLS = "\n\t"
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They can make a text read otherwise than it is written."""


def printable(text: str) -> str:
    """Return a text without what could steer a terminal, a log or a reader's eye: controls, directions, surrogates."""
    return "".join(letter for letter in text if letter in _KEPT_CONTROLS or not _steers(letter))


def kept(text: str) -> str:
    """Return a text without secrets and identifiers, printable."""
    return redact(printable(text)).text


def _steers(letter: str) -> bool:
    return letter in _DIRECTIONS or unicodedata.category(letter) in ("Cc", "Cs")
