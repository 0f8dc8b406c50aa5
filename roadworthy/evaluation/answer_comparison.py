"""The paired comparison of two assistants: the same queries, answered by both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from roadworthy.errors import DataError
from roadworthy.evaluation.answer_evaluation import check_ids, shares_of
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.bounded_means import DIFFERENCES, distribution_of_mean, estimate_within
from roadworthy.evaluation.checks import FEWEST_UNITS
from roadworthy.evaluation.comparison import QUANTILES, Comparison, Difference
from roadworthy.evaluation.judge_calibration import JudgeCalibration
from roadworthy.evaluation.metrics import Floats
from roadworthy.evaluation.scored_query import ScoredQuery
from roadworthy.evaluation.values import AnswerMetric, AnyMetric, Value


class ChangedQuery(Value):
    """One query that the two assistants answer differently well."""

    id: str
    query: str
    challenger: str
    production: str
    changes: dict[AnswerMetric, float]
    """Challenger minus production, on the scale from 0 to 1, where it is not zero."""


def compare_answers(
    challenger: Sequence[ScoredQuery],
    production: Sequence[ScoredQuery],
    how: Resampling,
    calibration: JudgeCalibration | None = None,
) -> Comparison:
    """Compare two assistants on the queries that both answered, paired by id.

    A metric counts where it applies to both answers; below five such queries it has no difference. Queries that only
    one side has, or that ask something else under the same id, are left out and counted in `unpaired`. Metrics that
    were scored by another version of their scorer are not compared, and stand in `rescored`. Raises
    `DataError` for no rows, two of one id, and no common query.
    """
    pairs = _pairs(challenger, production)
    new, old = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    differences: dict[AnyMetric, Difference] = {}
    other = rescored(challenger, production)
    for metric in AnswerMetric:
        if metric in other:
            continue
        values = shares_of(new, metric, calibration) - shares_of(old, metric, calibration)
        values = values[~np.isnan(values)]
        if len(values) >= FEWEST_UNITS:
            differences[metric] = mean_difference(values, how)
    ids = {row.id for row in challenger} | {row.id for row in production}
    return Comparison(rows=len(pairs), differences=differences, unpaired=len(ids) - len(pairs), rescored=other)


def rescored(one: Sequence[ScoredQuery], other: Sequence[ScoredQuery]) -> tuple[AnswerMetric, ...]:
    """Return the metrics whose scores don't compare: another version of the scorer gave them."""
    pairs = _pairs(one, other)
    return tuple(metric for metric in AnswerMetric if any(a.version(metric) != b.version(metric) for a, b in pairs))


def changed_queries(challenger: Sequence[ScoredQuery], production: Sequence[ScoredQuery]) -> tuple[ChangedQuery, ...]:
    """Return the queries whose scores differ, the greatest loss of quality first; without what was `rescored`."""
    found = [_changed(new, old) for new, old in _pairs(challenger, production)]
    changed = [one for one in found if one.changes]
    return tuple(sorted(changed, key=lambda one: (one.changes.get(AnswerMetric.QUALITY, 0.0), one.id)))


def _pairs(
    challenger: Sequence[ScoredQuery], production: Sequence[ScoredQuery]
) -> list[tuple[ScoredQuery, ScoredQuery]]:
    check_ids(challenger)
    check_ids(production)
    theirs = {row.id: row for row in production}
    pairs = [(row, theirs[row.id]) for row in challenger if row.id in theirs and theirs[row.id].query == row.query]
    if not pairs:
        raise DataError(
            "challenger and production have no query in common",
            where="scored queries: id",
            remedy="ask production the challenger's queries",
        )
    return pairs


def mean_difference(values: Floats, how: Resampling) -> Difference:
    """Return the mean of paired differences, one a query, from −1 to 1, with the distribution that gates read."""
    distribution = distribution_of_mean(values, DIFFERENCES, how)
    quantiles = distribution.quantiles((np.arange(QUANTILES) + 0.5) / QUANTILES)
    return Difference(
        estimate=estimate_within(distribution, float(values.mean()), how.confidence),
        quantiles=tuple(float(number) for number in quantiles),
    )


def _changed(new: ScoredQuery, old: ScoredQuery) -> ChangedQuery:
    changes = {
        metric: ours - theirs
        for metric in AnswerMetric
        if new.version(metric) == old.version(metric)
        and (ours := new.share(metric)) is not None
        and (theirs := old.share(metric)) is not None
        and ours != theirs
    }
    return ChangedQuery(id=new.id, query=new.query, challenger=new.answer, production=old.answer, changes=changes)
