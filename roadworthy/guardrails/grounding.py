"""The guard that says "I don't know" instead of an answer that the passages don't bear out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict
from roadworthy.guardrails.policy import Policy
from roadworthy.guardrails.sentences import SENTENCE_END
from roadworthy.guardrails.spans import PLACEHOLDER

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?")
_CITATION = re.compile(r"\[[\w.,:/ -]{1,120}\]")
_EMPTY = frozenset({
    "a", "about", "above", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "could", "did", "do",
    "does", "doing", "down", "during", "each", "few", "for", "from", "further", "had", "has", "have", "having", "he",
    "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "itself", "just", "let",
    "me", "more", "most", "my", "no", "nor", "not", "now", "of", "off", "on", "once", "only", "or", "other", "our",
    "ours", "out", "over", "own", "please", "same", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "theirs", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "under",
    "until", "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom", "why",
    "will", "with", "would", "you", "your", "yours", "it's", "i'm", "don't", "that's", "i've", "you're", "yes", "ok",
    "well", "hi", "hello", "thanks", "thank", "sure", "know", "think", "like", "really", "according", "document",
    "documents", "passage", "passages", "based", "provided", "information", "answer",
})  # fmt: skip
_NUMBER_MISSING = 0.5
_FEW = 3
"""Fewer content words than this are no sentence to judge by itself."""
_LAST = 512
"""Passages whose words are kept: a release has the same ones again and again."""


class GroundingGuard:
    """Blocks an answer whose mean support is under `least`, in the policy's words for what it does not know."""

    name = "grounding"
    places = frozenset({Place.OUTPUT})

    def __init__(self, policy: Policy, least: float) -> None:
        self._policy = policy
        self._least = least

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Weigh each sentence by its content words; the policy's own sentences need no support."""
        found = support(self._claimed(text), context.passages)
        if found is None or found >= self._least:
            return Scan(Verdict.ALLOWED, text)
        reason = f"weakly grounded: support {found:.2f}, at least {self._least:g} is needed"
        return Scan(Verdict.BLOCKED, text, reason, self._policy.unknown)

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Let through the first sentences, as far as each of them is borne out by itself."""
        known = _known(context.passages)
        start = free = 0
        for end in SENTENCE_END.finditer(text):
            words = _words(_bare(self._claimed(text[start : end.start()])))
            if words and _support(words, known) < self._least:
                # A sentence of a word or two, such as the number of a step, is judged with what follows.
                if len(words) >= _FEW:
                    break
                continue
            start = free = end.end()
        return Settled(len(text), free)

    def _claimed(self, text: str) -> str:
        policy = self._policy
        topics = [topic.sentence for topic in policy.topics.values()]
        for sentence in (policy.unknown, policy.escalation, policy.safe_template, *topics):
            text = text.replace(sentence, "\n")
        return text


def support(answer: str, passages: Sequence[str]) -> float | None:
    """Return how much of `answer` the passages bear out, between 0 and 1; None when it claims nothing.

    Each sentence: the share of its content words, stemmed, that stand in the passages; halved when a number stands in
    none of them, because a wrong fee is worse than a wrong word. The mean over the sentences by number of words.
    """
    known = _known(passages)
    total = weight = 0.0
    for sentence in SENTENCE_END.split(_bare(answer)):
        words = _words(sentence)
        if words:
            total += len(words) * _support(words, known)
            weight += len(words)
    return total / weight if weight else None


def _bare(answer: str) -> str:
    return PLACEHOLDER.sub(" ", _CITATION.sub(" ", answer))


def _support(words: list[str], known: frozenset[str]) -> float:
    share = sum(word in known for word in words) / len(words)
    invented = any(word[0].isdigit() and word not in known for word in words)
    return share * (_NUMBER_MISSING if invented else 1.0)


def _known(passages: Sequence[str]) -> frozenset[str]:
    return frozenset().union(*map(_stems, passages))


@lru_cache(maxsize=_LAST)
def _stems(passage: str) -> frozenset[str]:
    return frozenset(_words(passage))


def _words(text: str) -> list[str]:
    """Return the stems of the content words, numbers without separators of thousands."""
    words = [word.replace(",", "") for word in _WORD.findall(text.casefold().replace("’", "'"))]
    stemmed: list[str] = _stemmer().stemWords([word for word in words if word not in _EMPTY])
    return stemmed


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    # Late imports: start-up time.
    import Stemmer

    return Stemmer.Stemmer("english")
