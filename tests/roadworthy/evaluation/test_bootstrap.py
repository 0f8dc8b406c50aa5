"""The bootstrap: its streams, its units, and how its distribution is read."""

from __future__ import annotations

import math

import numpy as np
import pytest
from evaluation_samples import Population, sampling
from scipy import stats

from roadworthy.evaluation import bootstrap
from roadworthy.evaluation.bootstrap import Resampling, estimate, replicates, widened
from roadworthy.evaluation.metrics import Floats, Meter, Scored
from roadworthy.evaluation.report import evaluate_predictions
from roadworthy.evaluation.values import Metric

PINNED_FIRST = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 2.0, 0.0]
PINNED_SECOND = [2.0, 1.0, 2.0, 1.0, 1.0, 3.0, 1.0, 0.0]
PINNED_METRICS = {
    "auc": ["0.590207122093", "0.518204795271", "0.652353523933"],
    "log_loss": ["0.680981124025", "0.646154043632", "0.713029233681"],
    "brier": ["0.243226666667", "0.226800505862", "0.258449623555"],
}


def first_two_weights(weights: Floats) -> dict[Metric, Floats]:
    """Return the weights of two units as if they were metrics, to look at what is drawn."""
    return {Metric.AUC: weights[:, 0], Metric.BRIER: weights[:, 1]}


def test_the_same_seed_draws_the_same_units() -> None:
    """The stream is pinned: a release that is rebuilt next year gets the same intervals."""
    drawn = replicates(first_two_weights, 4, sampling(resamples=8, seed=7))
    assert drawn[Metric.AUC].tolist() == PINNED_FIRST
    assert drawn[Metric.BRIER].tolist() == PINNED_SECOND
    assert replicates(first_two_weights, 4, sampling(8, seed=8))[Metric.AUC].tolist() != PINNED_FIRST


def test_an_evaluation_is_pinned() -> None:
    """Intervals of fixed rows, to twelve digits."""
    sample = Population(0.1).draw(seed=3, days=12, rows_a_day=25)
    found = evaluate_predictions(sample.labels, sample.scores("first"), sampling(clusters=sample.days))
    assert {
        metric.value: [f"{number:.12g}" for number in (one.value, one.low, one.high)]
        for metric, one in found.metrics.items()
    } == PINNED_METRICS


def test_how_many_are_drawn_at_a_time_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by drawing in chunks; the numbers are those of a single draw."""
    sample = Population().draw(seed=1, days=1, rows_a_day=60)
    meter = Meter(Scored.of(sample.labels, sample.scores("first")))
    whole = replicates(meter.measure, 60, sampling(50))
    monkeypatch.setattr(bootstrap, "_CHUNK_NUMBERS", 7 * 60)
    pieces = replicates(meter.measure, 60, sampling(50))
    for metric in Metric:
        np.testing.assert_allclose(pieces[metric], whole[metric], rtol=1e-13)


def test_every_resample_draws_as_many_units_as_there_are() -> None:
    """Weights are counts, they add up to the number of units, and each unit has its turn."""
    totals = replicates(lambda weights: {Metric.AUC: weights.sum(axis=1)}, 30, sampling(100))[Metric.AUC]
    means = replicates(lambda weights: {Metric.AUC: weights.T.copy()}, 30, sampling(30))[Metric.AUC]
    assert set(totals) == {30.0}
    assert means.mean() == 1.0


def test_a_cluster_of_its_own_for_each_row_is_no_clustering() -> None:
    """One unit a row gives the row bootstrap, number for number."""
    sample = Population().draw(seed=2, days=1, rows_a_day=80)
    scores = sample.scores("second")
    rows = evaluate_predictions(sample.labels, scores, sampling())
    clusters = evaluate_predictions(sample.labels, scores, sampling(clusters=np.arange(80)))
    assert rows.metrics == clusters.metrics
    assert (rows.resampled_by, clusters.resampled_by) == ("rows", "80 clusters")


def test_resamples_without_one_class_are_left_out() -> None:
    """The interval is that of the resamples that have an AUC."""
    values = np.concatenate([np.linspace(0.4, 0.6, 101), np.full(50, np.nan)])
    assert estimate(0.5, values, 0.95, units=50) == estimate(0.5, values[:101], 0.95, units=50)


def test_a_single_positive_row_still_gets_an_interval() -> None:
    """A third of the resamples lack it; no NaN comes out."""
    labels = np.array([1] + [0] * 49)
    found = evaluate_predictions(labels, np.linspace(0.9, 0.1, 50), sampling())
    assert found.metrics[Metric.AUC].low == found.metrics[Metric.AUC].high == 1.0
    assert all(math.isfinite(number) for one in found.metrics.values() for number in (one.low, one.high))


@pytest.mark.parametrize("units", [5, 10, 31, 1000])
@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95])
def test_few_units_get_students_interval(units: int, confidence: float) -> None:
    """For a mean, whose bootstrap distribution is normal with the variance s² (n − 1) / n², it is mean ± t s / √n."""
    deviation = 2.0
    spread = deviation * math.sqrt((units - 1) / units) / math.sqrt(units)
    values = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000, loc=1.0, scale=spread)
    half = stats.t.ppf((1 + confidence) / 2, units - 1) * deviation / math.sqrt(units)
    found = estimate(1.0, values, confidence, units)
    assert (found.low, found.high) == pytest.approx((1 - half, 1 + half), abs=0.02 * half)


def test_widening_is_even_and_fades() -> None:
    """Both tails move outwards equally, the median stays, and with many units nothing moves."""
    levels = np.array([0.025, 0.5, 0.975])
    low, middle, high = widened(levels, 31)
    assert low == pytest.approx(stats.norm.cdf(-2.0422724563 * math.sqrt(31 / 30)), abs=1e-9)
    assert (middle, low + high) == pytest.approx((0.5, 1.0), abs=1e-15)
    np.testing.assert_allclose(widened(levels, 10_000_000), levels, rtol=1e-5)


def test_more_confidence_means_a_wider_interval() -> None:
    """Intervals of one distribution are nested."""
    values = np.random.default_rng(0).normal(size=1000)
    lows = [estimate(0.0, values, confidence, 100).low for confidence in (0.6, 0.8, 0.9, 0.99)]
    assert lows == sorted(lows, reverse=True)
    assert len(set(lows)) == 4


def test_resampling_is_frozen() -> None:
    """A value that other rooms share can't be changed under them."""
    with pytest.raises(AttributeError):
        Resampling(100, 0.95, 0).seed = 1  # type: ignore[misc]
