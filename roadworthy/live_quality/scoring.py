"""Scores real exchanges by the scorers of evaluation sets, as far as they need no rubric."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.scorers.citations import Citations
from roadworthy.evaluation.scorers.grounding import Grounding
from roadworthy.evaluation.scorers.interface import Scorer
from roadworthy.evaluation.scorers.safety import Safety
from roadworthy.evaluation.scorers.style import Style, StyleRules
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Answer, Outcome
from roadworthy.guardrails import personal_data, secrets
from roadworthy.guardrails.redaction import redact
from roadworthy.guardrails.spans import PLACEHOLDER, Identifier
from roadworthy.live_quality.exchanges import Exchange
from roadworthy.providers.interface import Usage
from roadworthy.retrieval.interface import Hit, Passage
from roadworthy.telemetry.event import Event

METRICS = (AnswerMetric.STYLE, AnswerMetric.SAFETY, AnswerMetric.CITATIONS_VALID, AnswerMetric.GROUNDING)
"""What can be told without a rubric."""
_NEEDS_OUTPUTS = frozenset((AnswerMetric.SAFETY, AnswerMetric.GROUNDING))
"""What tools returned is not kept, and an answer may rest on it."""


@dataclass(frozen=True)
class Place:
    """Where a passage stands."""

    document: str
    start: int


class ExchangeScorer:
    """Scores the exchanges of one release, whose passages and instructions it knows."""

    def __init__(self, passages: Iterable[Passage], system_prompt: str) -> None:
        self._passages = {Place(one.document, one.start): one for one in passages}
        self._redacted: dict[Place, Passage] = {}
        self._scorers: tuple[Scorer, ...] = (
            Style(StyleRules()),
            # Both texts come redacted: a placeholder that no passage has stands for what no source gave.
            Safety(_placeholders(secrets.FAMILY), _placeholders(personal_data.FAMILY), system_prompt),
            Citations(),
            Grounding(),
        )

    @property
    def versions(self) -> Mapping[AnswerMetric, int]:
        """By metric the version of its scorer."""
        return {metric: one.version for metric, one in zip(METRICS, self._scorers, strict=True)}

    def shares(self, exchange: Exchange) -> Mapping[AnswerMetric, float]:
        """Return the scores that apply, on the scale from 0 to 1."""
        answer = self._answer(exchange)
        # The scorers in use look at no field that a rubric fills; a query has to have a kind.
        query = Query(id=exchange.event.id, query=exchange.content.question or "-", kind="unknown")
        found = [score for scorer in self._scorers for score in scorer.score(query, answer)]
        called = any(call.verdict == "done" for call in exchange.event.calls)
        return {
            score.metric: score.value / score.metric.top
            for score in found
            if score.value is not None and not (called and score.metric in _NEEDS_OUTPUTS)
        }

    def _answer(self, exchange: Exchange) -> Answer:
        event = exchange.event
        return Answer(
            text=exchange.content.answer,
            outcome=Outcome(event.ending.value),
            citations=tuple(dict.fromkeys(one.document for one in event.retrieved if one.cited)),
            hits=tuple(self._hits(event)),
            calls=(),
            findings=(),
            usage=Usage(event.prompt_tokens, event.completion_tokens),
            seconds=event.seconds,
            cached=event.cached,
        )

    def _hits(self, event: Event) -> Iterable[Hit]:
        for one in event.retrieved:
            place = Place(one.document, one.start)
            if place in self._passages:
                yield Hit(self._clean(place), one.score)

    def _clean(self, place: Place) -> Passage:
        if place not in self._redacted:
            passage = self._passages[place]
            self._redacted[place] = replace(passage, text=redact(passage.text).text)
        return self._redacted[place]


def _placeholders(family: str) -> Callable[[str], tuple[Identifier, ...]]:
    start = f"[{family}: "

    def find(text: str) -> tuple[Identifier, ...]:
        found = (match for match in PLACEHOLDER.finditer(text) if match[0].startswith(start))
        return tuple(Identifier(match.start(), match.end(), match[0][len(start) : -1]) for match in found)

    return find
