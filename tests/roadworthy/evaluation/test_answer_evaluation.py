"""An assistant's evaluation: means and intervals by metric and kind, rows that read back, and what is not measured."""

from __future__ import annotations

import numpy as np
import pytest
from answer_samples import QUERIES, find_keys, find_phones, good_answer, resampling, row, rows
from pydantic import ValidationError

from roadworthy.canonical import readable_json
from roadworthy.errors import DataError
from roadworthy.evaluation.answer_evaluation import AnswerEvaluation, evaluate_answers
from roadworthy.evaluation.bounded_means import SHARES, estimate_mean
from roadworthy.evaluation.scored_query import ScoredQuery, rows_from_jsonl, rows_to_jsonl, score_answer
from roadworthy.evaluation.scorers.standard import standard_scorers
from roadworthy.evaluation.values import RUBRIC, AnswerMetric, Metric, NotMeasured

SCORERS = standard_scorers(find_keys, find_phones)
SCORED = [score_answer(query, good_answer(query), SCORERS) for query in QUERIES]


def evaluated(values: list[float | None]) -> AnswerEvaluation:
    """Evaluate rows that have these scores of accuracy."""
    return evaluate_answers(rows(values), resampling())


def test_quality_is_the_mean_of_the_rubric_that_applies() -> None:
    """From 0 to 1; what does not apply is left out, not counted as 0."""
    for scored in SCORED:
        assert scored.scores[AnswerMetric.QUALITY] == 1.0
        assert set(scored.reasons) == set(AnswerMetric) - {AnswerMetric.QUALITY, AnswerMetric.JUDGE}
    refusal = next(one for one in SCORED if one.kind == "refuse")
    assert [refusal.scores[metric] for metric in RUBRIC] == [None, None, 2, 2, 2]


def test_means_and_intervals_are_those_of_the_queries_that_it_applies_to() -> None:
    """Scores of 0, 1, 2 become shares; the count stands beside."""
    found = evaluated([2, 2, 1, 0, 2, None, None, 1])
    measured = found.measured[AnswerMetric.ACCURACY]
    assert found.queries == 8
    assert measured.queries == 6
    shares = (row(0, value).share(AnswerMetric.ACCURACY) for value in (2, 2, 1, 0, 2, 1))
    assert measured.estimate == estimate_mean(np.array(list(shares)), SHARES, resampling())
    assert measured.estimate == found.metrics[AnswerMetric.ACCURACY]
    assert measured.estimate.value == pytest.approx(8 / 12, abs=1e-15)


def test_what_applies_to_too_few_queries_has_a_reason_instead() -> None:
    """Four queries are no measurement, and nor is a model's metric."""
    found = evaluated([2, 2, 2, 2, None])
    assert found.metrics == {}
    assert found.estimate_of(AnswerMetric.ACCURACY) == NotMeasured(reason="it applies to 4 queries, fewer than 5")
    assert isinstance(found.estimate_of(Metric.AUC), NotMeasured)
    assert found.estimate_of(AnswerMetric.JUDGE) == NotMeasured(reason="no judge was asked")


def test_kinds_are_measured_apart() -> None:
    """A segment's figures are those of its queries alone; together they hold every query."""
    mixed = [row(number, 2, "answer") for number in range(6)] + [row(number, 0, "refuse") for number in range(6, 13)]
    kinds = {one.kind: one for one in evaluate_answers(mixed, resampling()).kinds}
    assert {kind: one.queries for kind, one in kinds.items()} == {"answer": 6, "refuse": 7}
    assert (
        kinds["refuse"].measured[AnswerMetric.ACCURACY]
        == (evaluate_answers(mixed[6:], resampling()).measured[AnswerMetric.ACCURACY])
    )
    assert set(kinds["refuse"].measured) == {AnswerMetric.ACCURACY}


def test_the_order_of_the_rows_changes_no_value_and_the_same_rows_give_the_same_bytes() -> None:
    """What a release keeps depends on the answers alone."""
    one, other = (evaluated([2, 1, 0, 2, 1, 2]) for _ in range(2))
    assert readable_json(one.model_dump(mode="json")) == readable_json(other.model_dump(mode="json"))
    assert AnswerEvaluation.model_validate_json(readable_json(one.model_dump(mode="json"))).queries == 6


def test_rows_read_back_and_name_the_line_that_does_not() -> None:
    """Same rows, same bytes, also with line separators inside texts."""
    odd = SCORED[0].model_copy(update={"answer": "one\ntwo three\x85é"})
    content = rows_to_jsonl([odd, *SCORED[1:]])
    assert rows_from_jsonl(content, "answers.jsonl") == (odd, *SCORED[1:])
    assert rows_to_jsonl(rows_from_jsonl(content, "answers.jsonl")) == content
    with pytest.raises(DataError, match="line 2") as caught:
        rows_from_jsonl(content.split(b"\n")[0] + b"\n{}\n", "answers.jsonl")
    assert caught.value.where == "answers.jsonl:2"


@pytest.mark.parametrize("scores", [{"accuracy": 1.5}, {"grounding": 1.1}, {"judge": 1.0}, {"auc": 0.5}, {"style": -1}])
def test_a_row_takes_no_score_that_means_nothing(scores: dict[str, float]) -> None:
    """Nor a judge's opinion as if it were a score."""
    with pytest.raises(ValidationError):
        ScoredQuery.model_validate({**row(1, 2).model_dump(mode="json"), "scores": scores})


def test_no_rows_and_an_id_twice_are_refused() -> None:
    """With the id."""
    with pytest.raises(DataError, match="no scored queries"):
        evaluate_answers([], resampling())
    with pytest.raises(DataError, match="query 7 was scored twice"):
        evaluate_answers([row(7, 2), row(8, 2), row(7, 1)], resampling())
