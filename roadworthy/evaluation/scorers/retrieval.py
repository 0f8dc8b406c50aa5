"""How well retrieval found the documents that hold the answer."""

from __future__ import annotations

from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.scorers.interface import Score
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Answer


class Retrieval:
    """Recall and precision over documents; several passages of one document count once.

    Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), 8.3.
    """

    version = 1
    deterministic = True

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Score both; they don't apply to a query that names no documents."""
        recall, precision = AnswerMetric.RETRIEVAL_RECALL, AnswerMetric.RETRIEVAL_PRECISION
        wanted, found = set(query.documents), {hit.passage.document for hit in answer.hits}
        if not wanted:
            return tuple(
                Score(metric=metric, value=None, reason="names no documents") for metric in (recall, precision)
            )
        both = len(wanted & found)
        return (
            Score(metric=recall, value=both / len(wanted), reason=f"{both} of {len(wanted)} documents were found"),
            Score(
                metric=precision,
                value=both / len(found) if found else 0,
                reason=f"{both} of {len(found)} documents found hold the answer",
            ),
        )
