"""Performance without labels: exact on small cases, honest about its own uncertainty on simulated nights."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.errors import DataError
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.metrics import Meter, Scored
from roadworthy.evaluation.values import Metric
from roadworthy.performance.calibrator import Calibrator, learn_calibrator
from roadworthy.performance.estimated import EstimateVerdict, estimate_performance
from roadworthy.performance.expectation import Unlabelled

HONEST = Calibrator(scores=(0.0, 1.0), shares=(0.0, 1.0), rows=1000)
HOW = Resampling(resamples=300, confidence=0.9, seed=0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.8]), st.sampled_from([0.2, 0.5, 0.9])), min_size=2, max_size=6)
)
def test_expectations_are_those_over_all_labels(rows: list[tuple[float, float]]) -> None:
    """Won pairs over pairs, and both losses, equal the sums over every way in which the labels may fall."""
    scores, shares = (np.array(column) for column in zip(*rows, strict=True))
    wins = pairs = brier = 0.0
    for labels in product((0, 1), repeat=len(rows)):
        chance = np.prod([share if label else 1 - share for label, share in zip(labels, shares, strict=True)])
        brier += chance * np.mean((scores - labels) ** 2)
        for i, j in product(range(len(rows)), repeat=2):
            if labels[i] == 1 and labels[j] == 0:
                pairs += chance
                wins += chance * ((scores[i] > scores[j]) + (scores[i] == scores[j]) / 2)
    expected = Unlabelled.of(scores, shares, None).expected()
    assert expected[Metric.AUC] == pytest.approx(wins / pairs)
    assert expected[Metric.BRIER] == pytest.approx(brier)


def test_under_given_labels_it_is_what_evaluation_measures() -> None:
    """With the true labels in place of drawn ones each metric is evaluation's own number."""
    generator = np.random.default_rng(1)
    scores = generator.random(300).round(2)
    labels = generator.random(300) < scores
    rows = Unlabelled.of(scores, scores, None)
    ordered = labels[np.argsort(scores, kind="stable")]
    found = rows.under(ordered[None, :], np.ones((1, 300)))
    measured = Meter(Scored.of(labels.astype(int), scores)).measure_once()
    for metric in Metric:
        assert found[metric][0] == pytest.approx(measured[metric])


def test_nine_of_ten_nights_turn_out_inside_the_interval() -> None:
    """While scores mean what they say, a 90 % interval holds the night's measured AUC in 90 % of the nights."""
    generator = np.random.default_rng(7)
    inside = 0
    for night in range(150):
        scores = generator.beta(2, 5, size=200)
        labels = (generator.random(200) < scores).astype(int)
        found = estimate_performance(scores, HONEST, Resampling(100, 0.9, night)).metrics[Metric.AUC]
        truth = Meter(Scored.of(labels, scores)).measure_once()[Metric.AUC]
        inside += found.low <= truth <= found.high
    # 135 are due; four standard deviations of a binomial either way.
    assert 120 <= inside <= 149


def test_scores_that_exaggerate_are_calibrated_first() -> None:
    """A model that says too much is expected to do what its calibrated scores say, not what it says."""
    generator = np.random.default_rng(3)
    truth = generator.beta(2, 5, size=20_000)
    loud = 1 / (1 + np.exp(-3 * np.log(truth / (1 - truth))))
    labels = (generator.random(20_000) < truth).astype(int)
    calibrator = learn_calibrator(labels[:10_000], loud[:10_000])
    few = Resampling(20, 0.9, 0)
    expected = estimate_performance(loud[10_000:], calibrator, few).metrics
    naive = estimate_performance(loud[10_000:], HONEST, few).metrics
    measured = Meter(Scored.of(labels[10_000:], loud[10_000:])).measure_once()
    for metric in (Metric.AUC, Metric.BRIER):
        assert expected[metric].value == pytest.approx(measured[metric], abs=0.015)
    assert abs(naive[Metric.AUC].value - measured[Metric.AUC]) > 0.1


def test_the_expected_confusion_matrix_counts_every_row() -> None:
    """Its four cells add up to the rows, and predicted positives to those at or above the threshold."""
    scores = np.linspace(0.05, 0.95, 200)
    found = estimate_performance(scores, HONEST, HOW, threshold=0.5).confusion
    assert found is not None
    assert found.true_positives + found.false_positives == pytest.approx((scores >= 0.5).sum())
    cells = (found.true_positives, found.false_positives, found.false_negatives, found.true_negatives)
    assert sum(cells) == pytest.approx(200)
    assert found.true_positives == pytest.approx(scores[scores >= 0.5].sum())


def test_nights_drawn_again_widen_the_interval() -> None:
    """Where nights differ, an interval over nights is wider than one that takes the rows for given."""
    generator = np.random.default_rng(5)
    nights = np.repeat(np.arange(14), 200)
    scores = np.clip(generator.beta(2, 5, size=2800) * np.where(nights % 2, 1.4, 0.4), 0, 1)
    narrow = estimate_performance(scores, HONEST, HOW).metrics[Metric.AUC]
    wide = estimate_performance(scores, HONEST, Resampling(300, 0.9, 0, nights)).metrics[Metric.AUC]
    assert wide.high - wide.low > 1.3 * (narrow.high - narrow.low)


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        (np.array([]), EstimateVerdict.TOO_FEW),
        (np.full(99, 0.5), EstimateVerdict.TOO_FEW),
        (np.full(500, 0.001), EstimateVerdict.TOO_FEW),
        (np.full(500, 1.0), EstimateVerdict.TOO_FEW),
        (np.append(np.full(200, 0.5), np.nan), EstimateVerdict.BAD_SCORES),
        (np.append(np.full(200, 0.5), np.inf), EstimateVerdict.BAD_SCORES),
        (np.append(np.full(200, 0.5), 1.2), EstimateVerdict.BAD_SCORES),
    ],
)
def test_nights_that_say_nothing_have_a_verdict(scores: np.ndarray, verdict: EstimateVerdict) -> None:
    """Empty, small, one-sided and broken nights: a named verdict with its reason and no number."""
    found = estimate_performance(scores, HONEST, HOW)
    assert found.verdict is verdict
    assert found.reason
    assert found.metrics == {}


def test_constant_scores_rank_nothing() -> None:
    """A model that says the same of every row has an expected AUC of one half."""
    found = estimate_performance(np.full(400, 0.3), HONEST, HOW).metrics[Metric.AUC]
    assert found.value == found.low == found.high == 0.5


@pytest.mark.parametrize(("rows", "positives"), [(100, 50), (600, 0), (600, 600)])
def test_a_reference_that_shows_nothing_is_refused(rows: int, positives: int) -> None:
    """Too few rows or a single class teach no curve: an error that says what is needed."""
    labels = np.arange(rows) < positives
    with pytest.raises(DataError, match="can't show what a score means"):
        learn_calibrator(labels.astype(int), np.linspace(0, 1, rows))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_curve_rises_and_survives_json(seed: int) -> None:
    """Whatever the reference, a higher score never means a smaller share, and the curve is the same after JSON."""
    generator = np.random.default_rng(seed)
    scores = generator.random(500)
    labels = (generator.random(500) < generator.random()).astype(int)
    labels[:2] = (0, 1)
    curve = learn_calibrator(labels, scores)
    asked = np.sort(generator.random(50))
    assert (np.diff(curve.shares_of(asked)) >= 0).all()
    again = Calibrator.model_validate_json(curve.model_dump_json())
    assert (again.shares_of(asked) == curve.shares_of(asked)).all()
