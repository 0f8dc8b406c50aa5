"""Whether an answer keeps to the declared rules of style."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field, field_validator

from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.scorers.interface import Score
from roadworthy.evaluation.scorers.words import sentences, without_citations
from roadworthy.evaluation.values import AnswerMetric, Value
from roadworthy.exchange.interface import Answer

_PROMISE = r"\bwe(?:'ll|’ll| will| shall| promise| guarantee| assure|'re going to| are going to)\b"


class StyleRules(Value):
    """What is declared of style."""

    most_words: int = Field(default=150, ge=1)
    most_words_a_sentence: int = Field(default=35, ge=1)
    avoid: tuple[str, ...] = (_PROMISE,)
    """Regular expressions, whatever the case: at first, promises in the first person plural."""

    @field_validator("avoid")
    @classmethod
    def _patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return patterns


class Style:
    """2 keeps every rule, 1 breaks one, 0 breaks more, or says nothing."""

    version = 1
    deterministic = True

    def __init__(self, rules: StyleRules) -> None:
        self._rules = rules
        self._avoid = [re.compile(pattern, re.IGNORECASE) for pattern in rules.avoid]

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Score the text as the user sees it; marks of citation don't count as words."""
        text = without_citations(answer.text)
        if not sentences(text):
            return (_score(0, "says nothing"),)
        broken = list(self._broken(text))
        return (_score(max(0, 2 - len(broken)), "; ".join(broken) or "keeps every rule"),)

    def _broken(self, text: str) -> Iterator[str]:
        count, longest = len(text.split()), max(len(one.split()) for one in sentences(text))
        if count > self._rules.most_words:
            yield f"{count} words, at most {self._rules.most_words}"
        if longest > self._rules.most_words_a_sentence:
            yield f"a sentence of {longest} words, at most {self._rules.most_words_a_sentence}"
        for pattern in self._avoid:
            if pattern.search(text):
                yield f"has {pattern.pattern}"


def _score(value: float, reason: str) -> Score:
    return Score(metric=AnswerMetric.STYLE, value=value, reason=reason)
