"""Compares an assistant with the production release on the queries that both were asked."""

# Late imports: start-up time.
from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import DataError
from roadworthy.release.bundle import Bundle
from tasks.evaluate_answers import ANSWERS, answer_resampling

if TYPE_CHECKING:
    from roadworthy.evaluation.comparison import Comparison
    from roadworthy.evaluation.scored_query import ScoredQuery
    from roadworthy.params.assistant import AssistantCapability


def compare_assistants(challenger: Bundle, production: Bundle, capability: AssistantCapability) -> Comparison | None:
    """Compare the scores that each got when it was released; None when no query is common to both."""
    from roadworthy.evaluation.answer_comparison import compare_answers

    try:
        return compare_answers(
            scored_queries(challenger), scored_queries(production), answer_resampling(capability.evaluate)
        )
    except DataError:
        return None


def scored_queries(bundle: Bundle) -> tuple[ScoredQuery, ...]:
    """Return the queries that a release was asked, with its answers and scores."""
    from roadworthy.evaluation.scored_query import rows_from_jsonl

    path = bundle.folder / "evaluation" / ANSWERS
    return rows_from_jsonl(path.read_bytes(), str(path)) if path.is_file() else ()
