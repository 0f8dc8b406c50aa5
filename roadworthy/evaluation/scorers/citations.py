"""Whether citations hold: the cited documents were retrieved, and are among those that hold the answer."""

from __future__ import annotations

from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.scorers.interface import Score
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Answer, Outcome


class Citations:
    """The share of the cited documents that were retrieved and, where the query names documents, are one of them.

    An answer that cites nothing although documents hold it gets 0; a refusal needs no citation.
    """

    version = 1
    deterministic = True

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Score the citations."""
        cited = set(answer.citations)
        if answer.outcome is not Outcome.ANSWERED or not (cited or query.documents):
            return (_score(None, "nothing to cite"),)
        if not cited:
            return (_score(0, "cites nothing"),)
        valid = cited & {hit.passage.document for hit in answer.hits}
        if query.documents:
            valid &= set(query.documents)
        return (_score(len(valid) / len(cited), f"{len(valid)} of {len(cited)} cited documents hold"),)


def _score(value: float | None, reason: str) -> Score:
    return Score(metric=AnswerMetric.CITATIONS_VALID, value=value, reason=reason)
