"""The guard against requests for help with doing harm: a scorer of words that says what it saw."""

from __future__ import annotations

import re
from functools import lru_cache

from roadworthy.guardrails.encodings import views
from roadworthy.guardrails.harmful_frames import ASKED, HARMLESS
from roadworthy.guardrails.harmful_lexicon import TERMS
from roadworthy.guardrails.interface import Context, Place, Scan, Verdict
from roadworthy.guardrails.many_sieves import ManySieves
from roadworthy.guardrails.needed_words import fold
from roadworthy.guardrails.phrase_rule import PhraseRule

_NOT_ASKED = 0.6
_DEFUSED = 0.35
_LONG = 400
"""In longer texts a word counts for less: stories, articles and programs hold many."""


class HarmfulGuard:
    """Blocks what scores `threshold` or more on any view: raw, cleaned or decoded."""

    name = "harmful"

    def __init__(self, threshold: float, places: frozenset[Place] = frozenset({Place.INPUT})) -> None:
        self.places = places
        self._threshold = threshold

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Take the highest score over the views; the reason names kinds of harm, never the words."""
        for view in views(text):
            found = kinds(view.text)
            score = weighed(view.text, found)
            if score >= self._threshold:
                reason = f"{', '.join(sorted(found))}: {score:.2f}, less than {self._threshold:g} passes ({view.name})"
                return Scan(Verdict.BLOCKED, text, reason)
        return Scan(Verdict.ALLOWED, text)


def kinds(text: str) -> dict[str, float]:
    """Return the kinds of harm whose words stand in `text`, with the highest weight of each."""
    read = _folded(text)
    found: dict[str, float] = {}
    for term, pattern in _compiled().passing(fold(read)):
        if term.weight > found.get(term.name, 0) and pattern.search(read):
            found[term.name] = term.weight
    return found


def weighed(text: str, found: dict[str, float]) -> float:
    """Return 1 − ∏(1 − weight), less where nothing is asked for, where words turn the sense, and in long texts."""
    if not found:
        return 0.0
    left = 1.0
    for weight in found.values():
        left *= 1 - weight
    folded = _folded(text)
    factor = 1.0 if re.search(ASKED, folded) else _NOT_ASKED
    factor *= _DEFUSED if re.search(HARMLESS, folded) else 1.0
    return (1 - left) * factor * min(1.0, _LONG / max(1, len(text)))


def _folded(text: str) -> str:
    read = text.lower().replace("’", "'")
    # Of all spaces only the plain one can be printed.
    return read if read.isprintable() and "  " not in read else re.sub(r"\s+", " ", read)


@lru_cache(maxsize=1)
def _compiled() -> ManySieves[PhraseRule]:
    return ManySieves((term, re.compile(term.pattern)) for term in TERMS)
