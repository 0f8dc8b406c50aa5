"""The trigger: harm retrains, drift alone can't, and nights that say nothing are never taken for good ones."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.metrics import Scored
from roadworthy.evaluation.values import Metric
from roadworthy.performance.calibrator import Calibrator
from roadworthy.performance.trigger import (
    Harm,
    HarmBudget,
    Level,
    NightLoss,
    Source,
    TriggerVerdict,
    decide,
    loss_of,
)

DAY = date(2024, 5, 1)
BUDGET = HarmBudget(margin=0.02, needed=3, nights=5)


def level(value: float, spread: float = 0.0, seed: int = 0) -> Level:
    """A level with normal replicates."""
    return Level(value, np.random.default_rng(seed).normal(value, spread, 2000), 1000, Source.MEASURED)


def nights(verdicts: str) -> list[NightLoss]:
    """One night a letter: h harmed, w within, u unknown."""
    kinds = {"h": Harm.HARMED, "w": Harm.WITHIN, "u": Harm.UNKNOWN}
    return [
        NightLoss(night=DAY + timedelta(number), verdict=kinds[letter], reason=letter)
        for number, letter in enumerate(verdicts)
    ]


@pytest.mark.parametrize(
    ("now", "spread", "harm"),
    [
        (0.65, 0.001, Harm.HARMED),
        (0.69, 0.001, Harm.WITHIN),
        (0.75, 0.001, Harm.WITHIN),
        # As large a loss, but nobody can be sure of it.
        (0.65, 0.05, Harm.WITHIN),
    ],
)
def test_harm_is_a_loss_that_is_surely_beyond_the_margin(now: float, spread: float, harm: Harm) -> None:
    """Both the size and the evidence count; a gain is never harm."""
    found = loss_of(DAY, level(0.70), level(now, spread), BUDGET)
    assert found.verdict is harm
    assert found.loss is not None
    assert found.loss.value == pytest.approx(0.70 - now)
    assert f"{now:.3f}" in found.reason


def test_losses_of_which_less_is_better_are_turned() -> None:
    """A Brier score that rises is a loss."""
    budget = HarmBudget(metric=Metric.BRIER, margin=0.02)
    assert loss_of(DAY, level(0.18), level(0.22), budget).verdict is Harm.HARMED
    assert loss_of(DAY, level(0.22), level(0.18), budget).verdict is Harm.WITHIN


def test_the_references_own_uncertainty_counts() -> None:
    """A drop from a reference that is itself a guess is no harm."""
    assert loss_of(DAY, level(0.70, 0.05, seed=1), level(0.65), BUDGET).verdict is Harm.WITHIN


def test_an_unchanged_model_is_seldom_called_harmed() -> None:
    """Of weeks no worse than the reference, no more are called harmed than the confidence allows."""
    generator = np.random.default_rng(11)
    how, budget = Resampling(200, 0.9, 0), HarmBudget(margin=1e-9, confidence=0.9)
    scored = []
    for _ in range(2 * 100):
        scores = generator.beta(2, 5, size=150)
        scored.append(Scored.of((generator.random(150) < scores).astype(int), scores))
    levels = [Level.measured(one, Metric.AUC, how) for one in scored]
    harmed = sum(
        loss_of(DAY, one, other, budget).verdict is Harm.HARMED
        for one, other in zip(levels[::2], levels[1::2], strict=True)
    )
    # 10 of 100 are due; four standard deviations above.
    assert harmed <= 22


def test_estimated_and_measured_levels_agree_while_scores_mean_what_they_say() -> None:
    """The two ways to a level give the same number, and say which they are."""
    generator = np.random.default_rng(2)
    scores = generator.beta(2, 5, size=20_000)
    labels = (generator.random(20_000) < scores).astype(int)
    how = Resampling(50, 0.9, 0, np.arange(20_000) % 40)
    honest = Calibrator(scores=(0.0, 1.0), shares=(0.0, 1.0), rows=1000)
    measured = Level.measured(Scored.of(labels, scores, how.clusters), Metric.AUC, how)
    estimated = Level.estimated(scores, honest, Metric.AUC, how)
    assert measured.value == pytest.approx(estimated.value, abs=0.015)
    assert (measured.source, estimated.source) == (Source.MEASURED, Source.ESTIMATED)
    assert measured.units == estimated.units == 40


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ("", TriggerVerdict.KEEP),
        ("wwwww", TriggerVerdict.KEEP),
        ("hh", TriggerVerdict.KEEP),
        ("hhh", TriggerVerdict.RETRAIN),
        ("hwhwh", TriggerVerdict.RETRAIN),
        ("hhwwww", TriggerVerdict.KEEP),
        ("hhhwwwww", TriggerVerdict.KEEP),
        ("uuuuu", TriggerVerdict.BLIND),
        ("wwuuu", TriggerVerdict.BLIND),
        ("wwwuu", TriggerVerdict.KEEP),
        ("hhhuu", TriggerVerdict.RETRAIN),
    ],
)
def test_enough_harmed_nights_retrain(verdicts: str, verdict: TriggerVerdict) -> None:
    """Three of the last five; older nights are forgotten; where most say nothing, it is blind and never green."""
    found = decide(nights(verdicts), BUDGET)
    assert found.verdict is verdict
    assert found.reason


@given(st.text("hwu", max_size=20), st.integers(0, 19))
def test_one_more_harmed_night_never_calms(verdicts: str, place: int) -> None:
    """Turning any night into a harmed one never turns a retraining into anything else."""
    worse = verdicts[:place] + "h" + verdicts[place + 1 :] if place < len(verdicts) else verdicts
    if decide(nights(verdicts), BUDGET).verdict is TriggerVerdict.RETRAIN:
        assert decide(nights(worse), BUDGET).verdict is TriggerVerdict.RETRAIN


def test_a_night_without_a_level_is_unknown() -> None:
    """Nothing measured and nothing estimated is no good news."""
    assert loss_of(DAY, level(0.7), None, BUDGET).verdict is Harm.UNKNOWN


def test_a_budget_that_can_never_be_reached_is_refused() -> None:
    """Six of five nights."""
    with pytest.raises(ValidationError, match="can never be reached"):
        HarmBudget(needed=6, nights=5)
