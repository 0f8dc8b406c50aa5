"""Scores several requests in one call, so that none of them can spoil another's scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

from roadworthy.errors import DataError, RoadworthyError
from roadworthy.modelling.online_rows import OnlineRows
from roadworthy.modelling.scoring.interface import RowScorer

Outcome = list[float] | Exception
"""A request's scores, or why it has none."""


class NotScored(DataError):
    """The model can't take these rows, although each value is of its column's type."""


def score_together(scorer: RowScorer, requests: Sequence[OnlineRows]) -> list[Outcome]:
    """Return the scores of each request, or why it has none; one that fails takes no other with it."""
    try:
        scores = _finite(scorer.score(OnlineRows.joined(requests)))
    except Exception as error:
        if len(requests) == 1:
            return [_told(error)]
        return [score_together(scorer, [request])[0] for request in requests]
    outcomes: list[Outcome] = []
    start = 0
    for request in requests:
        outcomes.append(scores[start : start + request.count])
        start += request.count
    return outcomes


def _finite(scores: list[float]) -> list[float]:
    if not all(map(math.isfinite, scores)):
        raise ValueError("the score is no number")
    return scores


def _told(error: Exception) -> Exception:
    if isinstance(error, ValueError) and not isinstance(error, RoadworthyError):
        return NotScored(
            "the model can't predict these rows: a number is too large for it",
            remedy="give numbers such as the model was trained with",
        )
    return error
