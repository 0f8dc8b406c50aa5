"""A detector of injections by phrases: transparent, quick, and a second signal beside a trained one."""

from __future__ import annotations

import re
from functools import lru_cache

from roadworthy.guardrails.injection_phrases import RULES
from roadworthy.guardrails.many_sieves import ManySieves
from roadworthy.guardrails.needed_words import fold
from roadworthy.guardrails.phrase_rule import PhraseRule


class PhraseDetector:
    """Scores a text by the phrases in it: 1 − ∏(1 − weight) over the rules that match, each name once."""

    name = "rules"

    def __init__(self, rules: tuple[PhraseRule, ...] = RULES) -> None:
        self._rules = _compiled(rules)

    def score(self, text: str) -> float:
        """Return how sure the phrases make us that `text` is an injection, between 0 and 1."""
        left = 1.0
        for weight in self.matches(text).values():
            left *= 1 - weight
        return 1 - left

    def matches(self, text: str) -> dict[str, float]:
        """Return the names of the rules that match, with the highest weight of each."""
        found: dict[str, float] = {}
        read = text.lower().replace("’", "'")
        if "  " in read or "\t" in read:
            read = re.sub(r"[ \t]+", " ", read)
        for rule, pattern in self._rules.passing(fold(read)):
            hinted = not rule.hints or any(hint in read for hint in rule.hints)
            heavier = rule.weight > found.get(rule.name, 0)
            if hinted and heavier and pattern.search(read):
                found[rule.name] = rule.weight
        return found


@lru_cache(maxsize=4)
def _compiled(rules: tuple[PhraseRule, ...]) -> ManySieves[PhraseRule]:
    return ManySieves((rule, re.compile(rule.pattern, re.MULTILINE)) for rule in rules)
