"""How far the sources support an answer, sentence by sentence, without a model."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.scorers.interface import Score
from roadworthy.evaluation.scorers.words import sentences, without_citations, words
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Answer, Outcome
from roadworthy.tools.interface import CallVerdict

if TYPE_CHECKING:
    from Stemmer import Stemmer

_FUNCTION_WORDS = """
a an the and or but if then of to in on at by for from with without as is are was were be been being am do does did
have has had i you he she it we they me him her us them my your his its our their this that these those there here
not no so than too very can could will would shall should may might must what which who whom whose when where why
how all any both each few more most other some such only own same just about into over after before up down out off
again yes yeah oh ok okay well also im ive ill youre its dont thats
"""
_WITHOUT_CONTENT = frozenset(_FUNCTION_WORDS.split())
_WRONG_NUMBER = 0.5
"""What is left of the support of a sentence with a number that its source does not have."""
_SUPPORTED = 0.8
"""From here on a sentence counts as supported in the reason."""


class Grounding:
    """The mean support of the answer's sentences, by their length, by the retrieved passages and tools' outputs."""

    version = 1
    deterministic = True

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Score an answer; a refusal, "I don't know" or a safe template claims nothing."""
        if answer.outcome is not Outcome.ANSWERED:
            return (_score(None, "claims nothing"),)
        claims = supported_claims(answer.text, sources_of(answer))
        if not claims:
            return (_score(None, "holds no sentence"),)
        supported = sum(claim.support >= _SUPPORTED for claim in claims)
        return (_score(grounding_of(claims), f"{supported} of {len(claims)} sentences are supported"),)


def sources_of(answer: Answer) -> tuple[str, ...]:
    """Return what the answer may rest on: passages with their titles, and what tools gave."""
    passages = (f"{hit.passage.title}. {hit.passage.text}" for hit in answer.hits)
    return (*passages, *(call.output for call in answer.calls if call.verdict is CallVerdict.DONE))


@dataclass(frozen=True)
class Claim:
    """One sentence of an answer."""

    words: int
    support: float
    """From 0 to 1, how well the source that fits it best supports it."""


def grounding_of(claims: Sequence[Claim]) -> float:
    """Return the mean support of the claims, each weighted by its words; 0 without any."""
    total = sum(claim.words for claim in claims)
    return sum(claim.words * claim.support for claim in claims) / total if total else 0.0


def supported_claims(text: str, sources: Sequence[str]) -> tuple[Claim, ...]:
    """Return the sentences of the text with their support.

    Support is the mean of three shares of the sentence's stemmed words: content words that the source has, words that
    it has, and words that stand there in the same order (their longest common subsequence). Halved where the sentence
    has a number that the source has not. Chosen on BEGIN (Dziri et al., Evaluating attribution in dialogue systems,
    TACL 2022).
    """
    read = [_Source.of(source) for source in sources]
    found = [words(sentence) for sentence in sentences(without_citations(text))]
    return tuple(
        Claim(len(claim), max((_support(claim, source) for source in read), default=0.0)) for claim in found if claim
    )


@dataclass(frozen=True)
class _Source:
    stems: list[str]
    known: frozenset[str]

    @classmethod
    def of(cls, text: str) -> _Source:
        stems = _stems(words(text))
        return cls(stems, frozenset(stems))


def _support(claim: list[str], source: _Source) -> float:
    stems = _stems(claim)
    content = [stem for word, stem in zip(claim, stems, strict=True) if word not in _WITHOUT_CONTENT]
    shares = (
        _known_share(content, source) if content else 0.0,
        _known_share(stems, source),
        _common_subsequence(stems, source.stems) / len(stems),
    )
    invented = any(stem[0].isdigit() and stem not in source.known for stem in stems)
    return sum(shares) / len(shares) * (_WRONG_NUMBER if invented else 1.0)


def _known_share(stems: list[str], source: _Source) -> float:
    return sum(stem in source.known for stem in stems) / len(stems)


def _stems(claim: list[str]) -> list[str]:
    return list(_stemmer().stemWords(claim))


@functools.cache
def _stemmer() -> Stemmer:
    # Late imports: start-up time.
    from Stemmer import Stemmer

    return Stemmer("english")


def _common_subsequence(first: list[str], second: list[str]) -> int:
    """Return the length of the longest common subsequence, all columns at once in the bits of one integer.

    Hyyrö, Bit-parallel LCS-length computation revisited, AWOCA (2004).
    """
    places: dict[str, int] = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    full = (1 << len(first)) - 1
    state = full
    for word in second:
        matched = state & places.get(word, 0)
        state = ((state + matched) | (state - matched)) & full
    return len(first) - state.bit_count()


def _score(value: float | None, reason: str) -> Score:
    return Score(metric=AnswerMetric.GROUNDING, value=value, reason=reason)
