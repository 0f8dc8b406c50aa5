"""What a service loses: measured where labels have come, else estimated from counts of its scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.checks import FEWEST_UNITS
from roadworthy.evaluation.metrics import Floats, Scored
from roadworthy.evaluation.values import Metric
from roadworthy.performance.calibrator import Calibrator
from roadworthy.performance.cohorts import Cohort
from roadworthy.performance.measured import EstimateCheck
from roadworthy.performance.trigger import HarmBudget, Level, NightLoss, Source, loss_of

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


@dataclass(frozen=True)
class Truth:
    """What labels have shown of the release."""

    cohorts: Mapping[date, Cohort]
    """Nights whose labels are complete."""
    check: EstimateCheck
    """Past estimates beside what was measured of the same nights."""


def loss_up_to(
    night: date,
    nights: Mapping[date, ScoreCounts],
    promise: Promise,
    budget: HarmBudget,
    window: int,
    truth: Truth | None = None,
) -> NightLoss:
    """Return what the `window` nights up to and with `night` lost against the release's evaluation.

    It is measured where the labels of `FEWEST_UNITS` nights are complete. Else it is estimated (CBPE, see
    roadworthy/performance/estimated.py) from `nights`, and corrected by how far past estimates were off; it is unknown
    where fewer nights than `FEWEST_UNITS` have scores.
    """
    days = [night - timedelta(days=back) for back in reversed(range(window))]
    level = None if truth is None else _measured([truth.cohorts[day] for day in days if day in truth.cohorts], budget)
    if level is None:
        level = _estimated([nights[day] for day in days if day in nights and any(nights[day].counts)], promise, budget)
        if level is not None and truth is not None:
            level = corrected(level, truth.check, budget.metric)
    return loss_of(night, promise.level, level, budget)


def last_losses(
    night: date,
    nights: Mapping[date, ScoreCounts],
    promise: Promise,
    budget: HarmBudget,
    window: int,
    truth: Truth | None = None,
) -> Sequence[NightLoss]:
    """Return the losses of the last nights that a decision looks at, in order."""
    days = [night - timedelta(days=back) for back in reversed(range(budget.nights))]
    return [loss_up_to(day, nights, promise, budget, window, truth) for day in days]


def corrected(level: Level, check: EstimateCheck, metric: Metric) -> Level:
    """Return an estimated level less the mean gap of past estimates, whose own error (Student's) widens it.

    Where too few nights have both, there is no gap, and the level stays what it is.
    """
    # Late imports: start-up time.
    from scipy.special import stdtrit

    if check.gap is None:
        return level
    free = check.nights - 1
    error = (check.gap.high - check.gap.low) / 2 / float(stdtrit(free, (1 + check.gap.confidence) / 2))
    gaps = check.gap.value + error * np.random.default_rng(0).standard_t(free, len(level.replicates))
    value = level.value - metric.sign * check.gap.value
    return Level(value, level.replicates - metric.sign * gaps, level.units, Source.CORRECTED)


def _measured(cohorts: Sequence[Cohort], budget: HarmBudget) -> Level | None:
    if len(cohorts) < FEWEST_UNITS:
        return None
    known = [np.isfinite(one.labels) for one in cohorts]
    labels = np.concatenate([one.labels[have] for one, have in zip(cohorts, known, strict=True)]).astype(np.int8)
    scores = np.concatenate([one.scores[have] for one, have in zip(cohorts, known, strict=True)])
    if int(labels.sum()) in (0, len(labels)):
        return None
    units = np.repeat(np.arange(len(cohorts)), [int(have.sum()) for have in known])
    return Level.measured(Scored.of(labels, scores, units), budget.metric, _how(budget, units))


def _estimated(served: Sequence[ScoreCounts], promise: Promise, budget: HarmBudget) -> Level | None:
    if len(served) < FEWEST_UNITS:
        return None
    parts = [one.scores() for one in served]
    scores, units = np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(one) for one in parts])
    return Level.estimated(scores, promise.calibrator, budget.metric, _how(budget, units))


def _how(budget: HarmBudget, units: NDArray[np.intp]) -> Resampling:
    """Whole nights are drawn again."""
    return Resampling(_RESAMPLES, 2 * budget.confidence - 1, 0, units)
