"""A phrase by which something is known, and how sure it makes us."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PhraseRule:
    """A phrase, and how sure it makes us, between 0 and 1."""

    name: str
    weight: float
    pattern: str
    hints: tuple[str, ...] = ()
    """One of these must stand in the text, in lower case, for the pattern to be tried; empty means always."""
