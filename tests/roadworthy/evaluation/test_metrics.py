"""The metrics: exact numbers by hand, agreement with scikit-learn, and what a weight means."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from roadworthy.evaluation import metrics
from roadworthy.evaluation.metrics import Meter, Scored
from roadworthy.evaluation.values import Metric

ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.integers(0, 3)), min_size=2
)


def meter(labels: list[int], scores: list[float], clusters: list[str] | None = None) -> Meter:
    """Return the meter of rows written as lists."""
    return Meter(Scored.of(np.array(labels), np.array(scores), None if clusters is None else np.array(clusters)))


@pytest.mark.parametrize(
    ("labels", "scores", "auc"),
    [
        ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 3 / 4),
        ([0, 1], [0.5, 0.5], 1 / 2),
        ([0, 1, 0, 1], [0.2, 0.2, 0.2, 0.9], (0.5 + 0.5 + 1 + 1) / 4),
        ([1, 1, 0], [0.9, 0.8, 0.1], 1.0),
        ([0, 0, 1], [0.9, 0.8, 0.1], 0.0),
    ],
)
def test_auc_is_the_share_of_won_pairs_and_a_tie_is_half_a_win(
    labels: list[int], scores: list[float], auc: float
) -> None:
    """Exact on pairs that can be counted by hand."""
    assert meter(labels, scores).measure_once()[Metric.AUC] == auc


def test_brier_and_log_loss_by_hand() -> None:
    """The mean square, and the mean negative logarithm of what was given to the outcome."""
    found = meter([1, 0, 1], [0.5, 0.25, 0.75]).measure_once()
    assert found[Metric.BRIER] == pytest.approx((0.25 + 0.0625 + 0.0625) / 3, abs=1e-15)
    assert found[Metric.LOG_LOSS] == pytest.approx((math.log(2) + 2 * math.log(4 / 3)) / 3, abs=1e-15)


def test_a_certainty_that_was_wrong_costs_much_but_not_infinitely() -> None:
    """Probabilities of 0 and 1 are kept 1e-15 away from there, whichever way they are wrong."""
    for label, score in ((1, 0.0), (0, 1.0)):
        found = meter([label, 1 - label], [score, 0.5]).measure_once()[Metric.LOG_LOSS]
        assert found == pytest.approx((15 * math.log(10) + math.log(2)) / 2, rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn(seed: int) -> None:
    """To 1e-12, with ties, with and without weights."""
    random = np.random.default_rng(seed)
    scores = random.integers(1, 100, 500) / 100
    labels = (random.random(500) < scores).astype(int)
    weights = random.integers(0, 4, 500).astype(float)
    for sample_weight in (np.ones(500), weights):
        found = meter(list(labels), list(scores)).measure(sample_weight[None, :])
        peers = {Metric.AUC: roc_auc_score, Metric.LOG_LOSS: log_loss, Metric.BRIER: brier_score_loss}
        for metric, peer in peers.items():
            assert found[metric][0] == pytest.approx(peer(labels, scores, sample_weight=sample_weight), abs=1e-12)


@given(ROWS)
def test_a_weight_of_k_is_the_row_k_times(rows: list[tuple[int, float, int]]) -> None:
    """A resample, which is a weighting, measures what the rows drawn so often would."""
    repeated = [(label, score) for label, score, times in rows for _ in range(times)]
    if not repeated:
        return
    labels, scores, times = zip(*rows, strict=True)
    weighted = meter(list(labels), list(scores)).measure(np.array([times], dtype=float))
    once = meter(*(list(column) for column in zip(*repeated, strict=True))).measure_once()
    for metric in Metric:
        assert weighted[metric][0] == pytest.approx(once[metric], rel=1e-12, abs=1e-15, nan_ok=True)


@given(ROWS, st.integers(1, 6), st.integers(0, 1000))
def test_both_ways_to_count_pairs_agree_to_the_last_bit(
    rows: list[tuple[int, float, int]], units: int, seed: int
) -> None:
    """Counted for pairs of units, or in a pass over the rows: the same AUC."""
    labels, scores, places = (np.array(column) for column in zip(*rows, strict=True))
    scored = Scored.of(labels, scores, places % units)
    weights = np.random.default_rng(seed).multinomial(scored.units, np.full(scored.units, 1 / scored.units), 20) * 1.0
    with pytest.MonkeyPatch.context() as patch:
        by_unit = Meter(scored).measure(weights)[Metric.AUC]
        patch.setattr(metrics, "_MOST_PAIRED_UNITS", 0)
        by_row = Meter(scored).measure(weights)[Metric.AUC]
    np.testing.assert_array_equal(by_unit, by_row)


def test_more_units_than_can_be_paired_change_nothing() -> None:
    """1,001 rows of their own are counted row by row, and agree with scikit-learn."""
    random = np.random.default_rng(1)
    scores = random.integers(1, 50, 1001) / 50
    labels = random.integers(0, 2, 1001)
    assert meter(list(labels), list(scores)).measure_once()[Metric.AUC] == pytest.approx(
        roc_auc_score(labels, scores), abs=1e-12
    )


def test_a_cluster_weighs_all_of_its_rows() -> None:
    """To draw a cluster twice is to have each of its rows twice."""
    clustered = meter([1, 0, 1, 0], [0.9, 0.2, 0.4, 0.6], ["a", "a", "b", "b"])
    rows = meter([1, 0, 1, 0], [0.9, 0.2, 0.4, 0.6])
    found, expected = clustered.measure(np.array([[2.0, 1.0]])), rows.measure(np.array([[2.0, 2.0, 1.0, 1.0]]))
    for metric in Metric:
        assert found[metric][0] == pytest.approx(expected[metric][0], abs=1e-15)


def test_without_one_class_the_auc_is_not_a_number_and_the_rest_is() -> None:
    """A weighting that leaves one class out has no pairs; its other metrics hold."""
    found = meter([1, 0], [0.8, 0.4]).measure(np.array([[2.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_array_equal(found[Metric.AUC], [np.nan, 1.0])
    np.testing.assert_allclose(found[Metric.BRIER], [0.04, 0.1])


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[int, float, int]], random: Random) -> None:
    """The same rows in any order measure the same."""
    shuffled = random.sample(rows, len(rows))
    one, other = (
        meter([label for label, _, _ in order], [score for _, score, _ in order]).measure_once()
        for order in (rows, shuffled)
    )
    for metric in Metric:
        assert one[metric] == pytest.approx(other[metric], rel=1e-12, nan_ok=True)
