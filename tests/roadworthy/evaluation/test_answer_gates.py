"""Comparing assistants, and the gates on them: pairs by id, the same two gates, metrics of the right kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from answer_samples import TwoAssistants, resampling, row, rows
from pydantic import TypeAdapter, ValidationError

from roadworthy.canonical import readable_json
from roadworthy.errors import DataError
from roadworthy.evaluation.answer_comparison import changed_queries, compare_answers
from roadworthy.evaluation.answer_evaluation import evaluate_answers
from roadworthy.evaluation.comparison import Comparison
from roadworthy.evaluation.gates import AnswerGate, Gate, judge
from roadworthy.evaluation.judgement import Judgement, judge_all
from roadworthy.evaluation.values import AnswerMetric, Direction, Metric, Verdict

ANSWER_GATES: TypeAdapter[Any] = TypeAdapter(AnswerGate)
MODEL_GATES: TypeAdapter[Any] = TypeAdapter(Gate)
FLOOR = {"kind": "floor", "metric": "accuracy", "at_least": 0.6}
NOT_WORSE = {"kind": "not_worse", "metric": "accuracy", "margin": 0.05}
ALIKE = TwoAssistants((0.2, 0.2, 0.6), (0.2, 0.2, 0.6), 0.7)


def compared(challenger: list[float | None], production: list[float | None]) -> Comparison:
    """Compare rows that have these scores of accuracy."""
    return compare_answers(rows(challenger), rows(production), resampling())


def test_a_difference_is_that_of_the_pairs_and_positive_means_better() -> None:
    """Challenger minus production, on the scale from 0 to 1."""
    difference = compared([2, 2, 1, 1, 2, 0], [1, 2, 1, 0, 2, 0]).differences[AnswerMetric.ACCURACY]
    assert difference.estimate.value == pytest.approx(1 / 6, abs=1e-15)
    assert difference.estimate.low < 1 / 6 < difference.estimate.high
    assert list(difference.quantiles) == sorted(difference.quantiles)


def test_only_queries_that_both_answered_are_compared() -> None:
    """Missing on one side, asked in other words, or without a score on one side."""
    ours = [row(number, 2) for number in range(10)]
    theirs = [row(number, 2) for number in range(3, 12)]
    theirs[0] = theirs[0].model_copy(update={"query": "something else"})
    found = compare_answers(ours, theirs, resampling())
    assert (found.rows, found.unpaired) == (6, 6)
    assert found.differences[AnswerMetric.ACCURACY].estimate.value == 0
    assert compared([2] * 6 + [None] * 3, [None] + [2] * 8).differences[AnswerMetric.ACCURACY].estimate.value == 0
    assert compared([2, 2, 2, 2, None], [2] * 5).differences == {}
    with pytest.raises(DataError, match="no query in common"):
        compare_answers(ours[:2], theirs[5:], resampling())


def test_the_order_of_production_rows_does_not_matter() -> None:
    """Pairs are found by id."""
    new, old = ALIKE.draw(1, 40)
    one = compare_answers(rows(new), rows(old), resampling())
    assert compare_answers(rows(new), rows(old)[::-1], resampling()) == one


def test_unpaired_queries_are_kept_with_the_evidence_and_a_models_comparison_has_no_such_field() -> None:
    """The bytes of what was recorded for models stay what they were."""
    full = compare_answers(rows([1] * 6), rows([1] * 7), resampling())
    content = readable_json(full.model_dump(mode="json"))
    assert Comparison.model_validate_json(content).unpaired == 1
    assert "unpaired" not in Comparison(rows=3, differences={}).model_dump(mode="json")


def test_direction_in_one_word() -> None:
    """Better, worse, inconclusive: what people read."""
    words = [
        compared([a] * 60, [b] * 60).differences[AnswerMetric.ACCURACY].direction() for a, b in ((2, 1), (0, 1), (1, 1))
    ]
    assert words == [Direction.BETTER, Direction.WORSE, Direction.INCONCLUSIVE]


def test_metrics_belong_to_the_kind_of_capability() -> None:
    """A floor on the AUC of an assistant, or on the accuracy of a trained model, is refused where it is declared."""
    assert ANSWER_GATES.validate_python(FLOOR).metric is AnswerMetric.ACCURACY
    with pytest.raises(ValidationError, match="auc is measured of trained models; an assistant has quality"):
        ANSWER_GATES.validate_python({**FLOOR, "metric": "auc"})
    with pytest.raises(ValidationError, match="accuracy is measured of assistants; a trained model has auc"):
        MODEL_GATES.validate_python(FLOOR)
    with pytest.raises(ValidationError, match="takes at_least"):
        ANSWER_GATES.validate_python({"kind": "floor", "metric": "safety", "at_most": 0.5})


def test_every_metric_of_an_answer_is_better_when_higher() -> None:
    """So every floor takes at_least; names don't collide with a model's."""
    assert {metric.sign for metric in AnswerMetric} == {1}
    assert not {metric.value for metric in AnswerMetric} & {metric.value for metric in Metric}


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ([2] * 100, Verdict.PASS),
        ([0] * 100, Verdict.FAIL),
        ([2] * 5, Verdict.INCONCLUSIVE),
        ([2] * 4, Verdict.INCONCLUSIVE),
    ],
)
def test_a_floor(scores: list[float | None], verdict: Verdict) -> None:
    """Five perfect answers are no proof of 60 %; four are not measured at all, and the reason says so."""
    found = judge(ANSWER_GATES.validate_python(FLOOR), evaluate_answers(rows(scores), resampling()), None)
    assert found.verdict is verdict
    assert len(scores) != 4 or found.reason == "accuracy was not measured: it applies to 4 queries, fewer than 5"


def test_a_gate_on_what_was_not_measured_holds_and_says_so() -> None:
    """A model's gate that is put to an assistant's evaluation, and a metric without pairs."""
    evaluation = evaluate_answers(rows([2.0] * 10), resampling())
    auc = judge(MODEL_GATES.validate_python({**FLOOR, "metric": "auc"}), evaluation, None)
    assert (auc.verdict, auc.reason) == (
        Verdict.INCONCLUSIVE,
        "auc was not measured: it is not measured of assistants",
    )
    gate = ANSWER_GATES.validate_python({**NOT_WORSE, "metric": "grounding"})
    found = judge(gate, evaluation, compared([2] * 10, [2] * 10))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "grounding was not compared" in found.reason


def test_a_judgement_of_an_assistant_survives_json() -> None:
    """The same Judgement as for models, with answer metrics in it."""
    new, old = ALIKE.draw(0, 150)
    gates = (ANSWER_GATES.validate_python(FLOOR), ANSWER_GATES.validate_python({**NOT_WORSE, "margin": 0.2}))
    evaluation = evaluate_answers(rows(new), resampling())
    judged = judge_all(gates, evaluation, "a" * 64, compare_answers(rows(new), rows(old), resampling()))
    assert judged.verdict is Verdict.PASS
    assert Judgement.model_validate_json(judged.model_dump_json()).verdict is Verdict.PASS
    held = judge_all(gates, evaluation, "a" * 64, None)
    assert "accuracy: the production release can't answer these queries" in held.summary


def test_changed_queries_come_with_the_greatest_loss_first() -> None:
    """Query by query, what the diff shows."""
    ours = [row(number, value) for number, value in enumerate([2, 0, 1])]
    theirs = [row(number, value) for number, value in enumerate([2, 2, 0])]
    found = changed_queries(ours, theirs)
    assert {one.id: one.changes for one in found} == {
        "1": {AnswerMetric.ACCURACY: -1.0},
        "2": {AnswerMetric.ACCURACY: 0.5},
    }


def test_shares_are_compared_as_they_are() -> None:
    """No row is lost on the way from scores to differences."""
    new, old = ALIKE.draw(2, 80)
    found = compared(list(new), list(old)).differences[AnswerMetric.ACCURACY].estimate.value
    assert found == pytest.approx(float(np.mean(new - old)) / 2, abs=1e-12)
