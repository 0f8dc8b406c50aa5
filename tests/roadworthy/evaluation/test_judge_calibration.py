"""A judge may gate only when its agreement with people was shown; until then it informs, whatever it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from answer_samples import resampling, row
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from sklearn.metrics import cohen_kappa_score

from roadworthy.errors import DataError
from roadworthy.evaluation.answer_comparison import compare_answers
from roadworthy.evaluation.answer_evaluation import evaluate_answers
from roadworthy.evaluation.gates import AnswerGate, judge
from roadworthy.evaluation.judge_calibration import (
    JudgeCalibration,
    agreement,
    best_threshold,
    calibrate_judge,
)
from roadworthy.evaluation.scored_query import Opinion, ScoredQuery
from roadworthy.evaluation.values import AnswerMetric, Verdict

RATINGS = Path(__file__).parents[4] / "shared" / "corpora" / "feedbackqa" / "ratings_valid.jsonl"
APPROVE = {"Excellent", "Acceptable"}
GATE = TypeAdapter(AnswerGate).validate_python({"kind": "floor", "metric": "judge", "at_least": 0.5})


def calibrated(noise: float, items: int = 400, least: float = 0.4, seed: int = 0) -> JudgeCalibration:
    """Calibrate a judge whose ratings are people's labels and so much noise."""
    random = np.random.default_rng(seed)
    approved = random.random(items) < 0.4
    return calibrate_judge(
        "j1", "people", approved + noise * random.normal(size=items), approved, least, resampling(300)
    )


def judged_rows(judge_name: str = "j1", rating: float = 2.0, count: int = 40) -> list[ScoredQuery]:
    """Return rows of which this judge approves."""
    return [row(number, 2, opinion=Opinion(judge=judge_name, rating=rating)) for number in range(count)]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=5, max_size=60))
def test_agreement_is_cohens_kappa(pairs: list[tuple[bool, bool]]) -> None:
    """As scikit-learn counts it."""
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    if len(set(first) | set(second)) < 2:
        return
    found = agreement(first, second, resampling(50)).value
    assert found == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_a_good_judge_gates_and_a_poor_one_informs() -> None:
    """By the lower end of κ's interval, on the half that did not choose the threshold."""
    good, poor = calibrated(0.3), calibrated(3.0)
    assert (good.standing, poor.standing) == ("gates", "informs")
    assert good.chosen_on == good.measured_on == 200
    assert 0.2 < good.threshold < 0.8
    assert good.kappa.low < good.kappa.value < good.kappa.high
    assert "only informs: κ" in poor.reason


def test_few_labels_do_not_make_a_judge() -> None:
    """The value may be high: its interval decides."""
    few = calibrated(0.6, items=60, least=0.4)
    assert few.kappa.value > few.least_kappa > few.kappa.low
    assert not few.may_gate


def test_a_judge_by_chance_seldom_gates() -> None:
    """Ratings that have nothing to do with the labels pass a bound of .1 in at most 5 of 100 calibrations."""
    assert sum(calibrated(1e6, items=100, least=0.1, seed=seed).may_gate for seed in range(100)) <= 5


def test_the_threshold_lies_where_agreement_is_greatest() -> None:
    """Between the ratings that people tell apart; of equals the least."""
    assert best_threshold(np.array([0.0, 1.0, 2.0, 3.0]), np.array([False, False, True, True])) == 1.5
    assert best_threshold(np.array([1.0, 1.0]), np.array([True, True])) == 1.0


def test_an_uncalibrated_judge_never_reaches_a_gate() -> None:
    """Without a calibration, with one below its bound, or with another judge's: not measured, and the gate holds."""
    poor, good = calibrated(3.0), calibrated(0.3)
    for rows, calibration in ((judged_rows(), None), (judged_rows(), poor), (judged_rows("j2"), good)):
        evaluation = evaluate_answers(rows, resampling(), calibration)
        assert AnswerMetric.JUDGE not in evaluation.metrics
        assert judge(GATE, evaluation, None).verdict is Verdict.INCONCLUSIVE
        assert AnswerMetric.JUDGE not in compare_answers(rows, rows, resampling(), calibration).differences
    assert "only informs" in judge(GATE, evaluate_answers(judged_rows(), resampling(), poor), None).reason


def test_what_a_poor_judge_thinks_is_still_told() -> None:
    """As an opinion beside the metrics."""
    told = evaluate_answers(judged_rows(rating=9.0), resampling(), calibrated(3.0)).opinion
    assert told is not None and told.estimate is not None and told.estimate.value == 1.0


def test_a_calibrated_judge_gates() -> None:
    """Approval is what reaches the threshold."""
    good = calibrated(0.3)
    assert judge(GATE, evaluate_answers(judged_rows(), resampling(), good), None).verdict is Verdict.PASS
    assert judge(GATE, evaluate_answers(judged_rows(rating=-1), resampling(), good), None).verdict is Verdict.FAIL
    compared = compare_answers(judged_rows(rating=-1), judged_rows(), resampling(), good)
    assert compared.differences[AnswerMetric.JUDGE].estimate.value == -1


def test_whether_a_judge_gates_can_not_be_written_into_a_file() -> None:
    """It follows from κ; a field of that name is refused."""
    content = calibrated(3.0).model_dump(mode="json")
    with pytest.raises(ValidationError):
        JudgeCalibration.model_validate_json(json.dumps({**content, "may_gate": True}))


@pytest.mark.parametrize(
    ("ratings", "approved", "problem"),
    [
        (np.zeros(50), np.ones(50), "too few of one kind"),
        (np.zeros(49), np.ones(50), "49 ratings and 50 labels"),
        (np.full(50, np.nan), np.arange(50) % 2, "no number"),
    ],
)
def test_labels_that_can_not_calibrate_are_refused(ratings: np.ndarray, approved: np.ndarray, problem: str) -> None:
    """With a remedy."""
    with pytest.raises(DataError, match=problem) as caught:
        calibrate_judge("j", "people", ratings, approved, 0.4, resampling(50))
    assert caught.value.remedy


@pytest.mark.corpora
def test_people_agree_with_each_other_by_so_much() -> None:
    """FeedbackQA's two raters, approving from Acceptable on: κ near .5, above which no judge can be asked to be."""
    if not RATINGS.is_file():
        pytest.skip("the corpus FeedbackQA is not here")
    pairs = [json.loads(line)["ratings"] for line in RATINGS.read_text(encoding="utf-8").splitlines()]
    first, second = (np.array([pair[side] in APPROVE for pair in pairs]) for side in (0, 1))
    found = agreement(first, second, resampling(300))
    assert 0.40 < found.low < found.high < 0.60, found.text()
