"""Compares an assistant with the production release on the queries that both were asked."""

# Late imports: start-up time.
from __future__ import annotations

import json
from typing import TYPE_CHECKING

from roadworthy.errors import DataError
from roadworthy.release.bundle import Bundle
from tasks.evaluate_answers import ANSWERS, QUERIES, answer_resampling
from tasks.judging import kept_calibration

if TYPE_CHECKING:
    from roadworthy.evaluation.comparison import Comparison
    from roadworthy.evaluation.scored_query import ScoredQuery
    from roadworthy.params.assistant import AssistantCapability


def compare_assistants(challenger: Bundle, production: Bundle, capability: AssistantCapability) -> Comparison | None:
    """Compare the scores that each got when it was released; None when no query is common to both.

    Only where query and rubric are the same: a rubric that became easier must not look like a better assistant.
    """
    from roadworthy.evaluation.answer_comparison import compare_answers

    same = _lines(challenger) & _lines(production)
    ids = {json.loads(line)["id"] for line in same}
    ours, theirs = ([row for row in scored_queries(bundle) if row.id in ids] for bundle in (challenger, production))
    try:
        calibration = kept_calibration(challenger.folder / "evaluation")
        return compare_answers(ours, theirs, answer_resampling(capability.evaluate), calibration)
    except DataError:
        return None


def _lines(bundle: Bundle) -> set[str]:
    path = bundle.folder / "evaluation" / QUERIES
    return set(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else set()


def scored_queries(bundle: Bundle) -> tuple[ScoredQuery, ...]:
    """Return the queries that a release was asked, with its answers and scores."""
    from roadworthy.evaluation.scored_query import rows_from_jsonl

    path = bundle.folder / "evaluation" / ANSWERS
    return rows_from_jsonl(path.read_bytes(), str(path)) if path.is_file() else ()
