"""How often intervals miss and gates err, counted over many samples from populations whose truth is known.

Seeds are fixed, so the counts are too. With N samples a rate p is known to ± 2 √(p (1 − p) / N): at N = 300 and p = .95
to ± .025, at p = .05 the same. Bounds below leave room for that and for the bootstrap's own error at this many rows;
they are still far from what a broken interval gives.
"""

from __future__ import annotations

from typing import Any

import pytest
from evaluation_samples import Population, sampling

from roadworthy.evaluation.comparison import compare_predictions
from roadworthy.evaluation.gates import NotWorseGate, judge
from roadworthy.evaluation.report import evaluate_predictions
from roadworthy.evaluation.values import Metric, Verdict

SAMPLES = 300
ALPHA = 0.05
SWING = 0.12
"""On a bad day each row is positive so much more often, on a good day so much less."""
UNUSED: Any = None
"""A not-worse gate reads the comparison alone."""


def coverage(population: Population, days: int, rows_a_day: int, by_day: bool, samples: int) -> dict[Metric, float]:
    """Return how often the 95 % interval holds the true value."""
    truth, hits = population.truth("first"), dict.fromkeys(Metric, 0)
    for seed in range(samples):
        sample = population.draw(seed, days, rows_a_day)
        how = sampling(300, seed, sample.days if by_day else None)
        found = evaluate_predictions(sample.labels, sample.scores("first"), how).metrics
        for metric in Metric:
            hits[metric] += found[metric].low <= truth[metric] <= found[metric].high
    return {metric: count / samples for metric, count in hits.items()}


def verdicts(
    challenger: str, margins: dict[Metric, float], days: int, rows_a_day: int, samples: int, swing: float = 0.0
) -> dict[Metric, dict[Verdict, float]]:
    """Return for each metric how often the not-worse gate says what, of a challenger against the model `first`."""
    counts = {metric: dict.fromkeys(Verdict, 0.0) for metric in Metric}
    for seed in range(samples):
        sample = Population(swing).draw(seed, days, rows_a_day)
        how = sampling(300, seed, sample.days if days > 1 else None)
        comparison = compare_predictions(sample.labels, sample.scores(challenger), sample.scores("first"), how)
        for metric, margin in margins.items():
            gate = NotWorseGate(kind="not_worse", metric=metric, margin=margin, confidence=1 - ALPHA)
            counts[metric][judge(gate, UNUSED, comparison).verdict] += 1 / samples
    return counts


def true_losses(challenger: str) -> dict[Metric, float]:
    """Return by how much the challenger is truly worse than `first`, metric by metric."""
    best, other = Population.truth("first"), Population.truth(challenger)
    return {metric: metric.sign * (best[metric] - other[metric]) for metric in Metric}


def test_the_populations_are_what_the_tests_need() -> None:
    """Two equally good models, one a little worse, one far worse, in every metric."""
    assert list(true_losses("second").values()) == pytest.approx([0, 0, 0], abs=1e-12)
    for metric in Metric:
        assert 0.001 < true_losses("coarse")[metric] < 0.03 < 0.1 < true_losses("reversed")[metric]


def test_intervals_of_independent_rows_hold_the_truth_as_often_as_they_say() -> None:
    """95 % intervals of 150 rows cover in 90 to 98 % of the samples."""
    for metric, share in coverage(Population(), 1, 150, by_day=False, samples=SAMPLES).items():
        assert 0.90 <= share <= 0.98, metric


@pytest.mark.parametrize("days", [10, 31])
def test_intervals_by_day_hold_the_truth_where_days_move_all_rows(days: int) -> None:
    """With ten days, and with a month, whole days are drawn: 90 to 98 %."""
    for metric, share in coverage(Population(SWING), days, 30, by_day=True, samples=SAMPLES).items():
        assert 0.90 <= share <= 0.98, metric


def test_intervals_by_row_are_far_too_narrow_where_days_move_all_rows() -> None:
    """Taken for independent, such rows give intervals that miss the truth four times as often as they say, or more."""
    shares = coverage(Population(SWING), 10, 60, by_day=False, samples=100)
    assert shares[Metric.LOG_LOSS] < 0.80
    assert shares[Metric.BRIER] < 0.80


@pytest.mark.parametrize("swing", [0.0, SWING])
def test_a_challenger_that_is_worse_by_the_margin_seldom_passes(swing: float) -> None:
    """At a true difference of exactly −δ at most α pass: 5 %, and 3 % for the luck of these samples."""
    for metric, found in verdicts("coarse", true_losses("coarse"), 31, 20, SAMPLES, swing).items():
        assert found[Verdict.PASS] <= ALPHA + 0.03, metric


def test_an_equally_good_challenger_passes_where_there_are_enough_rows() -> None:
    """3,100 rows and a margin that such a number can tell: at least 80 % pass, and next to none fails."""
    margins = {Metric.AUC: 0.05, Metric.LOG_LOSS: 0.02, Metric.BRIER: 0.01}
    for metric, found in verdicts("second", margins, 31, 100, samples=100).items():
        assert found[Verdict.PASS] >= 0.80, metric
        assert found[Verdict.FAIL] <= 0.01, metric


def test_a_far_worse_challenger_fails() -> None:
    """A model turned upside down never passes, and is told so rather than held."""
    for metric, found in verdicts("reversed", dict.fromkeys(Metric, 0.01), 31, 20, samples=100).items():
        assert found[Verdict.FAIL] >= 0.99, metric
        assert found[Verdict.PASS] == 0, metric


def test_few_rows_hold_instead_of_letting_pass() -> None:
    """Forty rows can't tell a tenth of a percentage point: inconclusive, nearly always."""
    for metric, found in verdicts("second", dict.fromkeys(Metric, 0.001), 1, 40, samples=200).items():
        assert found[Verdict.INCONCLUSIVE] >= 0.85, metric
        assert found[Verdict.PASS] <= 2 * ALPHA, metric
