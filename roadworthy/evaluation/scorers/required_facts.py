"""Accuracy and completeness, from the facts that an answer must give and the words that it must not say."""

from __future__ import annotations

from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.scorers.interface import Score
from roadworthy.evaluation.scorers.words import says, without_citations, words
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Answer


class RequiredFacts:
    """Accuracy: 2 nothing wrong and at least half of the facts, 1 nothing wrong but fewer, 0 no fact or a wrong one.

    Completeness: 2 every fact, 1 some, 0 none.
    """

    version = 1
    deterministic = True

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Score both; a query without facts has no completeness, and one without facts or forbidden words neither."""
        said = words(without_citations(answer.text))
        missing = [fact for fact in query.facts if not any(says(said, wording) for wording in fact)]
        wrong = [wording for wording in query.forbidden if says(said, wording)]
        return (_accuracy(query, missing, wrong), _completeness(query, missing))


def _accuracy(query: Query, missing: list[tuple[str, ...]], wrong: list[str]) -> Score:
    total, metric = len(query.facts), AnswerMetric.ACCURACY
    if wrong:
        return Score(metric=metric, value=0, reason=f"says what it must not: {wrong[0]}")
    if not query.facts:
        value = 2 if query.forbidden else None
        return Score(metric=metric, value=value, reason="says nothing that it must not" if value else "no facts to say")
    given = total - len(missing)
    value = 2 if 2 * given >= total else int(given > 0)
    return Score(metric=metric, value=value, reason=f"{given} of {total} facts, and nothing wrong")


def _completeness(query: Query, missing: list[tuple[str, ...]]) -> Score:
    metric = AnswerMetric.COMPLETENESS
    if not query.facts:
        return Score(metric=metric, value=None, reason="no facts to say")
    if not missing:
        return Score(metric=metric, value=2, reason="every fact is there")
    value = int(len(missing) < len(query.facts))
    return Score(metric=metric, value=value, reason="missing: " + "; ".join(fact[0] for fact in missing if fact))
