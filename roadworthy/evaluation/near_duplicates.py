"""Finds texts that say nearly the same, by the word pairs that they share.

Broder, On the resemblance and containment of documents (1997). Which texts to hold against each other: prefix
filtering, Chaudhuri, Ganti and Kaushik, A primitive operator for similarity joins in data cleaning, ICDE (2006).
"""

from __future__ import annotations

import math
import re
from itertools import pairwise

SAME_FROM = 0.8
"""Texts with at least this Jaccard similarity of their shingles are near duplicates."""
_WORD = re.compile(r"\w+")


def shingles(text: str) -> frozenset[str]:
    """Return the words and the pairs of neighbouring words; case and punctuation don't count."""
    words = _WORD.findall(text.casefold())
    return frozenset((*words, *(f"{one} {other}" for one, other in pairwise(words))))


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of all shingles that both have; 1 for two empty sets."""
    every = len(first | second)
    return len(first & second) / every if every else 1.0


class NearDuplicates:
    """Remembers texts, and tells whether a further one is nearly one of them."""

    def __init__(self) -> None:
        self._texts: list[frozenset[str]] = []
        self._by_shingle: dict[str, list[int]] = {}

    def add(self, text: str) -> None:
        """Remember a text."""
        found = shingles(text)
        for shingle in _prefix(found):
            self._by_shingle.setdefault(shingle, []).append(len(self._texts))
        self._texts.append(found)

    def has_like(self, text: str) -> bool:
        """Tell whether a remembered text is a near duplicate; a text without words is one of nothing."""
        found = shingles(text)
        places = {place for shingle in _prefix(found) for place in self._by_shingle.get(shingle, ())}
        return any(jaccard(found, self._texts[place]) >= SAME_FROM for place in places)


def _prefix(found: frozenset[str]) -> list[str]:
    """Return the first shingles, longest first: of two near duplicates at least one of these is common."""
    ordered = sorted(found, key=lambda shingle: (-len(shingle), shingle))
    return ordered[: len(found) - math.ceil(SAME_FROM * len(found)) + 1]
