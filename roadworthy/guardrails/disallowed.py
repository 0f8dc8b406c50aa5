"""The guard against answers that nobody should get: slurs, sexual content, threats, and help with doing harm."""

from __future__ import annotations

import re
from functools import lru_cache

from roadworthy.guardrails.harmful import kinds
from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict
from roadworthy.guardrails.many_sieves import ManySieves
from roadworthy.guardrails.needed_words import fold
from roadworthy.guardrails.sentences import sentence_start
from roadworthy.guardrails.unfinished import unfinished
from roadworthy.guardrails.unicode_text import plain, settled_by_plain

_SAID = {
    "slur": r"\b(?:n[i1]gg(?:er|a|uh)s?|f[a@]gg?ots?|fags?|k[i1]kes?|sp[i1]cs?|ch[i1]nks?|gooks?|wetbacks?|"
    r"trann(?:y|ies)|dykes?|retard(?:s|ed)?|coons?|"
    r"ragheads?|towelheads?|cunts?|whores?|sluts?)\b",
    "insult": r"\b(?:fuck (?:you|off|your)|go (?:to hell|die|kill yourself)|kill yourself|kys|piece of shit|"
    r"you(?:'re| are) (?:an? )?(?:\w+ )?(?:idiot|moron|"
    r"stupid|worthless|pathetic|disgusting|bitch|asshole|scum))\b",
    "threat": r"\b(?:i(?:'ll| will| am going to|'m going to|'m gonna)|we(?:'ll| will)) (?:\w+ )?(?:kill|murder|rape|"
    r"shoot|stab|hurt|beat|find and \w+|destroy|burn) (?:you|your|him|her|them)\b",
    "sexual": r"\b(?:cock|dick|pussy|cum|cumming|blow ?jobs?|jerk(?:ed|ing)? off|masturbat\w+|orgasm\w*|clitoris|"
    r"(?:his|her|my|your) (?:throbbing|erect|hard|wet) \w+|fuck(?:ed|ing)? (?:me|her|him|you) (?:hard|raw|deep))\b",
}
_HOW_TO = re.compile(
    r"\b(?:step (?:1|one)|first,|1[.)] |you(?:'ll| will) need|here(?:'s| is| are) (?:how|the steps|some ways|"
    r"a)|ingredients)",
    re.IGNORECASE,
)


class DisallowedGuard:
    """Blocks an answer with such words, or with steps towards a harm of which the lexicon is sure enough."""

    name = "disallowed"
    places = frozenset({Place.OUTPUT})

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Look at the cleaned text; the reason names kinds, never the words."""
        cleaned = plain(text)
        found = [kind for kind, pattern in _compiled().passing(fold(cleaned)) if pattern.search(cleaned)]
        if _HOW_TO.search(cleaned):
            found += [kind for kind, weight in kinds(cleaned).items() if weight >= self._threshold]
        if not found:
            return Scan(Verdict.ALLOWED, text)
        return Scan(Verdict.BLOCKED, text, f"disallowed: {', '.join(sorted(set(found)))}")

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Hold back what may become such words, and all from the first word of harm on, with steps or without."""
        cleaned = plain(text)
        patterns = [one.pattern for _, one in _compiled()]
        harm = any(weight >= self._threshold for weight in kinds(cleaned).values())
        if harm or any(pattern.search(cleaned) for pattern in patterns):
            return Settled(len(text), 0)
        begun = unfinished(patterns, cleaned, since if cleaned == text else 0)
        # A harm takes several words: the sentence that is being said may yet become one.
        return Settled(len(text), min(settled_by_plain(text, begun), sentence_start(text)))


@lru_cache(maxsize=1)
def _compiled() -> ManySieves[str]:
    return ManySieves((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _SAID.items())
