"""Reads a text the ways in which somebody may have hidden words in it: base64, hex, rot13 and the like."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from roadworthy.guardrails.encoded_pieces import from_base64, from_hex, from_percent
from roadworthy.guardrails.respelled import mirrored, turned_by_13, undressed, without_gaps
from roadworthy.guardrails.unicode_text import plain

_LAST = 16
"""Texts whose views are kept: several guards, one after the other, look at the same one."""


@dataclass(frozen=True)
class View:
    """One way to read a text."""

    name: str
    """raw, plain, base64, hex, percent, rot13, reversed, spaced or digits."""
    text: str


@lru_cache(maxsize=_LAST)
def views(text: str) -> tuple[View, ...]:
    """Return the text as it stands, cleaned, and decoded in each way that gives something to read; no view twice."""
    found = [View("raw", text), View("plain", plain(text))]
    found += decoded(found[1].text)
    seen: set[str] = set()
    return tuple(view for view in found if not (view.text in seen or seen.add(view.text)))  # type: ignore[func-returns-value]


def decoded(text: str) -> list[View]:
    """Return what is hidden in `text`, decoded; what was encoded twice is decoded twice."""
    found = _once(text)
    return found + [inner for view in found if view.name in ("base64", "hex", "percent") for inner in _once(view.text)]


def _once(text: str) -> list[View]:
    found = [
        View("base64", from_base64(text)),
        View("hex", from_hex(text)),
        View("percent", plain(from_percent(text))),
        View("spaced", without_gaps(text)),
        View("rot13", turned_by_13(text)),
        View("reversed", mirrored(text)),
        View("digits", undressed(text)),
    ]
    return [view for view in found if view.text]
