"""The three ways to retrain, side by side: never, every month, and when harm calls for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from roadworthy.evaluation.metrics import Floats
from roadworthy.replay.live import learn, month_auc
from roadworthy.replay.report import MonthResult, WayResult
from roadworthy.replay.rows import Learner, Places, ReplayRows, Scorer
from roadworthy.replay.settings import Span


@dataclass(frozen=True)
class Month:
    """A month's part of the span."""

    name: str
    first: date
    last: date


def months_of(span: Span) -> Iterator[Month]:
    """Yield the months of the span, in order."""
    first = span.first
    while first <= span.last:
        following = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
        last = min(span.last, following - timedelta(days=1))
        yield Month(first.strftime("%Y-%m"), first, last)
        first = following


def result_of(rows: ReplayRows, span: Span, scores: Floats, retrainings: int) -> WayResult:
    """Return what these scores, of the shape (rows,), come to in each month."""
    months = []
    for month in months_of(span):
        places = rows.within(month.first, month.last)
        auc = month_auc(rows.labels[places], scores[places])
        months.append(MonthResult(month=month.name, rows=len(places), auc=auc))
    known = [month.auc for month in months if month.auc is not None]
    mean = float(np.mean(known)) if known else None
    return WayResult(retrainings=retrainings, mean_auc=mean, months=tuple(months))


def stale(rows: ReplayRows, span: Span, scorer: Scorer) -> WayResult:
    """Let the first model serve to the end."""
    return result_of(rows, span, _scored(rows, rows.within(span.first, span.last), scorer), 0)


def monthly(rows: ReplayRows, span: Span, first: Scorer, learner: Learner) -> WayResult:
    """Learn anew from all nights before each month but the first; none is held out, each replaces."""
    scores, scorer, months = np.full(len(rows.labels), np.nan), first, list(months_of(span))
    for number, month in enumerate(months):
        if number:
            scorer = learn(rows, month.first - timedelta(days=1), learner)
        places = rows.within(month.first, month.last)
        scores[places] = _scored(rows, places, scorer)[places]
    return result_of(rows, span, scores, len(months) - 1)


def _scored(rows: ReplayRows, places: Places, scorer: Scorer) -> Floats:
    scores = np.full(len(rows.labels), np.nan)
    if len(places):
        scores[places] = scorer(rows.features.iloc[places])
    return scores
