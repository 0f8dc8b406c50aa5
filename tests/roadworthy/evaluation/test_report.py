"""An evaluation: segments with a reason instead of NaN, JSON that reads back, and what it refuses."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest
from evaluation_samples import Population, Sample, sampling

from roadworthy.canonical import readable_json
from roadworthy.errors import DataError
from roadworthy.evaluation.report import Evaluation, evaluate_predictions
from roadworthy.evaluation.values import Estimate, Metric

SAMPLE = Population(0.1).draw(seed=5, days=20, rows_a_day=30)
CARRIERS = ["AA"] * 300 + ["B6"] * 180 + ["UA"] * 100 + ["YV"] * 20


def evaluate(sample: Sample = SAMPLE, by_day: bool = False, smallest: int = 60) -> Evaluation:
    """Evaluate the fixed sample by carrier."""
    how = sampling(clusters=sample.days if by_day else None)
    return evaluate_predictions(sample.labels, sample.scores("first"), how, {"carrier": CARRIERS}, smallest)


def test_counts_metrics_and_what_the_intervals_rest_on() -> None:
    """Every metric has an interval around its value."""
    found = evaluate(by_day=True)
    assert (found.rows, found.positives) == (600, int(SAMPLE.labels.sum()))
    assert found.resampled_by == "20 clusters"
    assert set(found.metrics) == set(Metric)
    for estimate in found.metrics.values():
        assert estimate.low < estimate.value < estimate.high


def test_a_segment_is_measured_as_if_it_were_all() -> None:
    """Its figures are those of its rows alone."""
    inside = np.array(CARRIERS) == "B6"
    alone = evaluate_predictions(SAMPLE.labels[inside], SAMPLE.scores("first")[inside], sampling())
    segment = next(one for one in evaluate().segments if one.value == "B6")
    assert (segment.column, segment.rows, segment.positives) == ("carrier", alone.rows, alone.positives)
    assert segment.metrics == alone.metrics
    assert segment.without_metrics is None


def test_a_segment_without_metrics_says_why() -> None:
    """Too few rows, a single class, too few clusters: a reason, and no number that means nothing."""
    single = dataclasses.replace(SAMPLE, labels=np.where(np.array(CARRIERS) == "UA", 0, SAMPLE.labels))
    reasons = {one.value: one.without_metrics for one in evaluate(single, by_day=True).segments}
    assert reasons == {"AA": None, "B6": None, "UA": "a single class", "YV": "fewer than 60 rows"}
    few = {one.value: one for one in evaluate(by_day=True, smallest=20).segments}
    assert few["YV"].without_metrics == few["UA"].without_metrics == "fewer than 5 clusters"
    assert few["YV"].metrics == {}
    assert few["B6"].without_metrics is None


def test_segments_come_in_order_and_hold_every_row() -> None:
    """Sorted by value, so that the file does not depend on the order of the rows."""
    segments = evaluate().segments
    assert [one.value for one in segments] == ["AA", "B6", "UA", "YV"]
    assert sum(one.rows for one in segments) == 600


def test_an_evaluation_survives_json() -> None:
    """Written, read and written again it has the same bytes; JSON that knows no NaN takes all of it."""
    content = readable_json(evaluate(by_day=True).model_dump(mode="json"))
    again = Evaluation.model_validate_json(content)
    assert readable_json(again.model_dump(mode="json")) == content
    assert b"NaN" not in content
    assert json.loads(content)["metrics"]["auc"]["confidence"] == 0.95


def test_the_same_rows_give_the_same_bytes() -> None:
    """Nothing but the rows, the scores and the seed enters."""
    one, other = (readable_json(evaluate(by_day=True).model_dump(mode="json")) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda labels, scores: (labels[:0], scores[:0]), "no rows"),
        (lambda labels, scores: (labels[:-1], scores), "599 labels and 600 scores"),
        (lambda labels, scores: (labels, np.where(scores > 0.4, np.nan, scores)), "scores are NaN or infinite"),
        (lambda labels, scores: (labels, np.where(scores > 0.4, np.inf, scores)), "scores are NaN or infinite"),
        (lambda labels, scores: (labels, scores + 0.9), "no probabilities"),
        (lambda labels, scores: (labels, -scores), "no probabilities"),
        (lambda labels, scores: (labels * 0, scores), "a single class"),
        (lambda labels, scores: (labels * 0 + 1, scores), "a single class"),
        (lambda labels, scores: (labels + 1, scores), "neither 0 nor 1"),
        (lambda labels, scores: (np.where(labels == 1, np.nan, 0), scores), "neither 0 nor 1"),
        (lambda labels, scores: (np.array([0, 1, 1, 0]), scores[:4]), "fewer than 5 rows"),
    ],
)
def test_what_can_not_be_measured_is_refused(
    change: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]], problem: str
) -> None:
    """One error that names the fault, the place and the remedy."""
    labels, scores = change(SAMPLE.labels, SAMPLE.scores("first"))
    with pytest.raises(DataError, match=problem) as caught:
        evaluate_predictions(labels, scores, sampling())
    assert caught.value.where
    assert caught.value.remedy


def test_one_cluster_and_one_segment_value_a_row() -> None:
    """Lengths that differ are named, not cut."""
    with pytest.raises(DataError, match="600 labels and 599 clusters"):
        evaluate_predictions(SAMPLE.labels, SAMPLE.scores("first"), sampling(clusters=SAMPLE.days[1:]))
    with pytest.raises(DataError, match="600 rows and 599 values of the segment carrier"):
        evaluate_predictions(SAMPLE.labels, SAMPLE.scores("first"), sampling(), {"carrier": CARRIERS[1:]})


def test_labels_may_be_booleans() -> None:
    """True and False are 1 and 0."""
    found = evaluate_predictions(SAMPLE.labels.astype(bool), SAMPLE.scores("first"), sampling())
    assert found.metrics == evaluate().metrics


@pytest.mark.parametrize(
    ("value", "text"), [(0.7234, ".723"), (1.0, "1.000"), (10.5, "10.500"), (-0.25, "-.250"), (0.0, ".000")]
)
def test_an_estimate_for_people(value: float, text: str) -> None:
    """Three decimals, without the leading zero where that is all there is before the point."""
    assert Estimate(value=value, low=value, high=value, confidence=0.95).text() == f"{text} ({text} to {text})"
