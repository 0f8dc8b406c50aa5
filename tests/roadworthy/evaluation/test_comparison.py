"""The paired comparison: what a difference means, and that pairing makes it sharper."""

from __future__ import annotations

import json

import numpy as np
import pytest
from evaluation_samples import Population, sampling

from roadworthy.canonical import readable_json
from roadworthy.errors import DataError
from roadworthy.evaluation.comparison import Comparison, Difference, compare_predictions
from roadworthy.evaluation.metrics import Meter, Scored
from roadworthy.evaluation.values import Estimate, Metric

SAMPLE = Population(0.1).draw(seed=4, days=20, rows_a_day=30)


def compare(challenger: str, production: str, clusters: np.ndarray | None = None) -> Comparison:
    """Compare two of the population's models on the fixed sample."""
    how = sampling(clusters=clusters)
    return compare_predictions(SAMPLE.labels, SAMPLE.scores(challenger), SAMPLE.scores(production), how)


def test_a_difference_is_challenger_minus_production_and_positive_means_better() -> None:
    """Also where less is better."""
    one, other = (Meter(Scored.of(SAMPLE.labels, SAMPLE.scores(name))).measure_once() for name in ("first", "reversed"))
    for metric, difference in compare("first", "reversed").differences.items():
        assert difference.estimate.value == pytest.approx(metric.sign * (one[metric] - other[metric]), abs=1e-12)
        assert difference.estimate.low > 0, metric


def test_a_model_against_itself_differs_by_nothing() -> None:
    """Pairing cancels everything: the interval is a point."""
    for difference in compare("first", "first", SAMPLE.days).differences.values():
        assert set(difference.quantiles) == {0.0}
        assert (difference.estimate.value, difference.estimate.low, difference.estimate.high) == (0, 0, 0)


def test_exchanging_the_models_turns_the_difference_round() -> None:
    """The same resamples serve both, so that the distribution is mirrored, not only its middle."""
    there, back = compare("first", "coarse", SAMPLE.days), compare("coarse", "first", SAMPLE.days)
    for metric in Metric:
        mirrored = [-number for number in reversed(back.differences[metric].quantiles)]
        assert there.differences[metric].quantiles == pytest.approx(mirrored, abs=1e-12)


def test_a_pair_of_like_models_is_told_apart_more_sharply_than_each_is_known() -> None:
    """The interval of the difference is narrower than that of either metric: the rows' luck is shared."""
    paired = compare("coarse", "second").differences[Metric.BRIER].estimate
    alone = compare("coarse", "reversed").differences[Metric.BRIER].estimate
    assert paired.high - paired.low < (alone.high - alone.low) / 2


def test_quantiles_are_read_between_their_places() -> None:
    """Four quantiles stand at 1/8, 3/8, 5/8 and 7/8."""
    point = Estimate(value=0, low=0, high=0, confidence=0.95)
    difference = Difference(estimate=point, quantiles=(0.0, 1.0, 2.0, 4.0))
    assert [difference.quantile(level) for level in (0.0, 1 / 8, 0.5, 0.75, 7 / 8, 1.0)] == [0, 0, 1.5, 3, 4, 4]


def test_the_interval_and_the_quantiles_agree() -> None:
    """A gate that reads the quantiles at 2.5 % sees the interval's end."""
    for difference in compare("coarse", "first", SAMPLE.days).differences.values():
        low, high = difference.quantile(0.025), difference.quantile(0.975)
        width = difference.estimate.high - difference.estimate.low
        assert (low, high) == pytest.approx((difference.estimate.low, difference.estimate.high), abs=0.02 * width)


def test_a_comparison_survives_json() -> None:
    """Written, read and written again it has the same bytes, and no number that is not JSON."""
    comparison = compare("coarse", "first", SAMPLE.days)
    content = readable_json(comparison.model_dump(mode="json"))
    again = Comparison.model_validate_json(content)
    assert readable_json(again.model_dump(mode="json")) == content
    assert json.loads(content)["rows"] == 600
    assert set(again.differences) == set(Metric)


@pytest.mark.parametrize(
    ("labels", "challenger", "production", "clusters", "problem"),
    [
        ([0, 1] * 5, [0.5] * 9, [0.5] * 10, None, "10 labels and 9 scores"),
        ([0, 1] * 5, [0.5] * 10, [0.5] * 11, None, "10 labels and 11 scores"),
        ([0, 1] * 5, [0.5] * 10, [float("nan")] * 10, None, "10 scores are NaN"),
        ([1] * 10, [0.5] * 10, [0.5] * 10, None, "a single class"),
        ([], [], [], None, "no rows"),
        ([0, 1] * 5, [0.5] * 10, [0.5] * 10, ["Monday", "Tuesday"] * 5, "fewer than 5 clusters"),
    ],
)
def test_what_can_not_be_compared_is_refused(
    labels: list[int], challenger: list[float], production: list[float], clusters: list[str] | None, problem: str
) -> None:
    """Either side's faults are found, with a remedy, before anything is NaN."""
    how = sampling(clusters=None if clusters is None else np.array(clusters))
    with pytest.raises(DataError, match=problem) as caught:
        compare_predictions(np.array(labels), np.array(challenger), np.array(production), how)
    assert caught.value.remedy
