"""Loss by counts of scores: as good as by the scores themselves, unknown where nights are few."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from roadworthy.drift.served.counting import SCORES, count_scores
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.metrics import Scored
from roadworthy.evaluation.values import Metric
from roadworthy.performance.calibrator import learn_calibrator
from roadworthy.performance.expectation import Unlabelled
from roadworthy.performance.served import MOST_ROWS, Promise, ScoreCounts, last_losses, loss_up_to
from roadworthy.performance.trigger import Harm, HarmBudget, Level, Source

LAST = date(2024, 3, 20)
BUDGET = HarmBudget(needed=2, nights=3)


def scores_of(seed: int, rows: int = 1500, told: float = 2.0) -> np.ndarray:
    """Return scores that tell much or little."""
    return 1 / (1 + np.exp(1 - told * np.random.default_rng(seed).normal(size=rows)))


def counted(scores: np.ndarray) -> ScoreCounts:
    """Return the scores as the gateway counts them."""
    return ScoreCounts(SCORES.edges, count_scores(scores.tolist()).bins[1:-1])


@pytest.fixture(scope="module")
def promise() -> Promise:
    """What a calibrated model showed on twenty nights."""
    scores = np.concatenate([scores_of(seed) for seed in range(20)])
    labels = (np.random.default_rng(0).random(len(scores)) < scores).astype(np.int8)
    how = Resampling(200, 0.8, 0, np.repeat(np.arange(20), 1500))
    level = Level.measured(Scored.of(labels, scores, how.clusters), Metric.AUC, how)
    return Promise(learn_calibrator(labels, scores), level)


def test_cells_keep_what_scores_tell() -> None:
    """The expected AUC of the cells' middles is that of the scores, to three digits."""
    scores = scores_of(1)
    middles = counted(scores).scores()
    aucs = [Unlabelled.of(one, one, None).expected()[Metric.AUC] for one in (scores, middles)]
    assert aucs[0] == pytest.approx(aucs[1], abs=5e-4)
    assert np.abs(np.sort(scores) - middles).max() < 0.02


def test_a_large_night_is_thinned_evenly() -> None:
    """So many scores stand for it, and their quantiles stay."""
    scores = scores_of(2, rows=200_000)
    thinned = counted(scores).scores()
    assert len(thinned) == MOST_ROWS
    levels = [0.01, 0.25, 0.5, 0.75, 0.99]
    assert np.quantile(thinned, levels) == pytest.approx(np.quantile(scores, levels), abs=0.02)


def test_nights_as_promised_lose_nothing(promise: Promise) -> None:
    """All nights that a decision looks at are within the budget."""
    nights = {LAST - timedelta(back): counted(scores_of(100 + back)) for back in range(9)}
    losses = last_losses(LAST, nights, promise, BUDGET, 7)
    assert [one.verdict for one in losses] == [Harm.WITHIN] * 3
    assert [one.night for one in losses] == [LAST - timedelta(2), LAST - timedelta(1), LAST]
    assert {one.source for one in losses} == {Source.ESTIMATED}


def test_scores_that_tell_less_are_harm(promise: Promise) -> None:
    """The model still answers, and hardly tells rows apart."""
    nights = {LAST - timedelta(back): counted(scores_of(100 + back, told=0.5)) for back in range(7)}
    loss = loss_up_to(LAST, nights, promise, BUDGET, 7)
    assert loss.verdict is Harm.HARMED
    assert loss.loss is not None
    assert loss.loss.low > 0.1


def test_few_nights_say_nothing(promise: Promise) -> None:
    """Four of seven, or empty ones, are unknown."""
    nights = {LAST - timedelta(back): counted(scores_of(100 + back)) for back in range(4)}
    nights |= {LAST - timedelta(back): counted(np.array([])) for back in range(4, 7)}
    assert loss_up_to(LAST, nights, promise, BUDGET, 7).verdict is Harm.UNKNOWN
