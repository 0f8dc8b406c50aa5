"""Labels that come late: cohorts by the event's night, verdicts while they come, and what that says of estimates."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.errors import DataError
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.values import Estimate, Metric
from roadworthy.performance.cohorts import Cohort, LateLabels, Predictions, cohorts_at
from roadworthy.performance.estimated import EstimatedPerformance, EstimateVerdict
from roadworthy.performance.measured import (
    Agreement,
    MeasuredPerformance,
    MeasureVerdict,
    check_estimates,
    measure_cohort,
)

HOW = Resampling(resamples=200, confidence=0.9, seed=0)
LONG_AFTER = datetime(2030, 1, 1)


def predictions(keys: list[str], days: list[int], scores: list[float]) -> Predictions:
    """Predictions of events on days of May 2024."""
    nights = np.array([f"2024-05-{day:02}" for day in days], dtype="datetime64[D]")
    return Predictions(np.array(keys), nights, np.array(scores))


def labels(keys: list[str], values: list[int], hours: list[int]) -> LateLabels:
    """Labels that arrived so many hours after 1 May 2024."""
    start = np.datetime64("2024-05-01T00:00:00", "us")
    return LateLabels(np.array(keys), np.array(values), start + np.array(hours, dtype="timedelta64[h]"))


def night(rows: int, arrived: int) -> Cohort:
    """A night with so many rows, of which the first have labels."""
    scores = np.linspace(0.01, 0.99, rows)
    values = (np.arange(rows) % 3 == 0).astype(float)
    values[arrived:] = np.nan
    return Cohort(date(2024, 5, 1), scores, values)


def test_a_label_belongs_to_its_events_night_however_late_it_comes() -> None:
    """A label that arrives on the tenth for an event of the first counts on the first."""
    said = predictions(["a", "b", "c"], [1, 1, 2], [0.2, 0.4, 0.9])
    known = cohorts_at(said, labels(["c", "a"], [1, 0], [30, 230]), LONG_AFTER)
    assert [cohort.night.day for cohort in known.cohorts] == [1, 2]
    assert known.cohorts[0].labels.tolist()[0] == 0
    assert np.isnan(known.cohorts[0].labels[1])
    assert known.cohorts[0].arrived == 0.5
    assert known.cohorts[1].arrived == 1


def test_what_has_not_arrived_does_not_exist() -> None:
    """At an earlier moment the same call gives what was known then."""
    said = predictions(["a", "b"], [1, 1], [0.2, 0.4])
    late = labels(["a", "b"], [1, 1], [10, 50])
    assert cohorts_at(said, late, datetime(2024, 5, 2)).cohorts[0].arrived == 0.5
    assert cohorts_at(said, late, datetime(2024, 5, 4)).cohorts[0].arrived == 1


def test_what_does_not_fit_is_counted() -> None:
    """Repeated predictions, labels of nobody and corrections: the first, none, and the last count."""
    said = predictions(["a", "a", "b"], [1, 2, 2], [0.2, 0.9, 0.4])
    came = labels(["b", "b", "stranger"], [1, 0, 1], [40, 60, 50])
    found = cohorts_at(said, came, LONG_AFTER)
    assert (found.repeated, found.corrected, found.strangers) == (1, 1, 1)
    assert found.cohorts[0].scores.tolist() == [0.2]
    assert found.cohorts[1].labels.tolist() == [0]


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(8)), st.permutations(range(8)))
def test_the_order_in_which_rows_lie_changes_nothing(one: list[int], other: list[int]) -> None:
    """Any order of predictions and labels gives the same cohorts."""
    keys, days, hours = [f"k{number}" for number in range(8)], [1, 1, 2, 2, 3, 3, 3, 3], list(range(20, 28))
    scores, values = [number / 10 for number in range(8)], [0, 1] * 4
    plain = cohorts_at(predictions(keys, days, scores), labels(keys, values, hours), LONG_AFTER)
    said = predictions([keys[i] for i in one], [days[i] for i in one], [scores[i] for i in one])
    came = labels([keys[i] for i in other], [values[i] for i in other], [hours[i] for i in other])
    mixed = cohorts_at(said, came, LONG_AFTER)
    for left, right in zip(plain.cohorts, mixed.cohorts, strict=True):
        assert left.night == right.night
        assert left.scores.tolist() == right.scores.tolist()
        assert left.labels.tolist() == right.labels.tolist()


def test_empty_predictions_give_no_cohorts() -> None:
    """Labels without any prediction are all strangers."""
    found = cohorts_at(predictions([], [], []), labels(["a"], [1], [5]), LONG_AFTER)
    assert found.cohorts == ()
    assert found.strangers == 1


def test_labels_other_than_0_and_1_are_refused() -> None:
    """An error that says what is expected."""
    with pytest.raises(DataError, match="neither 0 nor 1"):
        cohorts_at(predictions(["a"], [1], [0.5]), labels(["a"], [2], [5]), LONG_AFTER)


@pytest.mark.parametrize(
    ("cohort", "verdict", "arrived"),
    [
        (night(200, 200), MeasureVerdict.MEASURED, 1.0),
        (night(200, 190), MeasureVerdict.MEASURED, 0.95),
        (night(200, 189), MeasureVerdict.WAITING_FOR_LABELS, 0.945),
        (night(200, 0), MeasureVerdict.WAITING_FOR_LABELS, 0.0),
        (night(99, 99), MeasureVerdict.TOO_FEW, 1.0),
        (night(0, 0), MeasureVerdict.TOO_FEW, 0.0),
        (Cohort(date(2024, 5, 1), np.linspace(0, 1, 150), np.zeros(150)), MeasureVerdict.TOO_FEW, 1.0),
        (Cohort(date(2024, 5, 1), np.full(150, np.nan), np.zeros(150)), MeasureVerdict.BAD_SCORES, 1.0),
    ],
)
def test_a_night_is_measured_or_says_why_not(cohort: Cohort, verdict: MeasureVerdict, arrived: float) -> None:
    """Each night has a verdict and the share of labels that has come; metrics only when it is measured."""
    found = measure_cohort(cohort, HOW)
    assert found.verdict is verdict
    assert found.arrived == pytest.approx(arrived)
    assert bool(found.metrics) is (verdict is MeasureVerdict.MEASURED)
    assert bool(found.reason) is (verdict is not MeasureVerdict.MEASURED)


def checked(gaps: list[float], half: float = 0.05) -> tuple[list[EstimatedPerformance], list[MeasuredPerformance]]:
    """Nights whose estimated AUC is so much above the measured one."""
    before = [
        EstimatedPerformance(
            verdict=EstimateVerdict.ESTIMATED,
            rows=500,
            metrics={
                Metric.AUC: Estimate(value=0.7 + gap, low=0.7 + gap - half, high=0.7 + gap + half, confidence=0.9)
            },
        )
        for gap in gaps
    ]
    truth = Estimate(value=0.7, low=0.65, high=0.75, confidence=0.9)
    after = MeasuredPerformance(verdict=MeasureVerdict.MEASURED, rows=500, arrived=1, metrics={Metric.AUC: truth})
    return before, [after] * len(gaps)


@pytest.mark.parametrize(
    ("gaps", "verdict"),
    [
        ([0.01, -0.01, 0.02, -0.02, 0.0, 0.01], Agreement.AGREE),
        ([0.06, 0.07, 0.05, 0.06, 0.06, 0.07], Agreement.TOO_HOPEFUL),
        ([-0.06, -0.07, -0.05, -0.06, -0.06, -0.07], Agreement.TOO_GLOOMY),
        ([0.1, -0.1, 0.1, -0.1, 0.1, -0.1], Agreement.TOO_SURE),
        ([0.06, 0.07, 0.05, 0.06], Agreement.WAITING_FOR_LABELS),
    ],
)
def test_measurements_judge_the_estimates(gaps: list[float], verdict: Agreement) -> None:
    """A gap that is surely beyond the tolerance is named by its direction; few nights say nothing."""
    assert check_estimates(*checked(gaps)).verdict is verdict


def test_the_gap_and_the_share_inside_are_exact() -> None:
    """The mean gap, and how many measurements lie in their estimate's interval."""
    found = check_estimates(*checked([0.0, 0.0, 0.0, 0.06, 0.06]))
    assert found.gap is not None
    assert found.gap.value == pytest.approx(0.024)
    assert found.inside == pytest.approx(0.6)
    assert found.nights == 5
