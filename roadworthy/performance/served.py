"""What a service loses, estimated from counts of its scores: no row and no label is needed, and none is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.checks import FEWEST_UNITS
from roadworthy.evaluation.metrics import Floats
from roadworthy.performance.calibrator import Calibrator
from roadworthy.performance.trigger import HarmBudget, Level, NightLoss, loss_of

MOST_ROWS = 2000
"""So many rows stand for a night: what is uncertain are the nights, of which there are few."""
_RESAMPLES = 500


@dataclass(frozen=True)
class Promise:
    """What the release showed when it was evaluated."""

    calibrator: Calibrator
    level: Level


@dataclass(frozen=True)
class ScoreCounts:
    """A night's scores by cells."""

    ends: tuple[float, ...]
    """Upper ends of the cells, of which the first begins at 0."""
    counts: tuple[int, ...]
    """Scores in each cell, which add up to the rows."""

    def scores(self, most: int = MOST_ROWS) -> Floats:
        """Return the middle of each score's cell, in rising order; evenly thinned to `most` scores."""
        middles = (np.array([0.0, *self.ends[:-1]]) + np.array(self.ends)) / 2
        rows = sum(self.counts)
        kept = min(rows, most)
        # The scores at the middles of `kept` equal parts of the ranks: the same counts always give the same ones.
        ranks = (np.arange(kept) + 0.5) * rows / max(kept, 1)
        cells = np.searchsorted(np.cumsum(self.counts), ranks, side="right")
        scores: Floats = middles[cells]
        return scores


def loss_up_to(
    night: date, nights: Mapping[date, ScoreCounts], promise: Promise, budget: HarmBudget, window: int
) -> NightLoss:
    """Return what the `window` nights up to and with `night` lost against the release's evaluation.

    It is estimated (CBPE, see roadworthy/performance/estimated.py), and unknown where fewer nights than
    `FEWEST_UNITS` have scores.
    """
    days = [night - timedelta(days=back) for back in reversed(range(window))]
    served = [nights[day] for day in days if day in nights and any(nights[day].counts)]
    level = None
    if len(served) >= FEWEST_UNITS:
        parts = [one.scores() for one in served]
        scores, units = np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(one) for one in parts])
        how = Resampling(_RESAMPLES, 2 * budget.confidence - 1, 0, units)
        level = Level.estimated(scores, promise.calibrator, budget.metric, how)
    return loss_of(night, promise.level, level, budget)


def last_losses(
    night: date, nights: Mapping[date, ScoreCounts], promise: Promise, budget: HarmBudget, window: int
) -> Sequence[NightLoss]:
    """Return the losses of the last nights that a decision looks at, in order."""
    days = [night - timedelta(days=back) for back in reversed(range(budget.nights))]
    return [loss_up_to(day, nights, promise, budget, window) for day in days]
