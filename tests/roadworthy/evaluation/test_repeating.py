"""Scorers that vary: they are asked several times, the mean counts, and the interval holds how much they vary."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean, variance

import numpy as np
import pytest
from answer_samples import FEE, GOOD, answer, resampling
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.evaluation.answer_evaluation import evaluate_answers
from roadworthy.evaluation.bounded_means import SHARES, estimate_mean
from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.repeating import REPEATS, Repeated, share_within
from roadworthy.evaluation.scored_query import rows_from_jsonl, rows_to_jsonl, score_answer
from roadworthy.evaluation.scorers.interface import Score
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Answer

METRIC = AnswerMetric.ACCURACY


@dataclass
class Flaky:
    """A scorer that gives these scores in turn."""

    scores: list[float | None]
    deterministic: bool = False
    version: int = 1
    asked: list[Query] = field(default_factory=list)

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Give the next one."""
        self.asked.append(query)
        value = self.scores[(len(self.asked) - 1) % len(self.scores)]
        return (Score(metric=METRIC, value=value, reason=f"time {len(self.asked)}"),)


def test_one_that_varies_is_asked_several_times_and_one_that_does_not_once() -> None:
    """The row has the mean, how it varied, and the first reason; it survives writing and reading."""
    flaky, firm = Flaky([2, 1, 1]), Flaky([2], deterministic=True)
    row = score_answer(FEE, answer(GOOD), [flaky])
    assert len(flaky.asked) == REPEATS
    assert row.scores[METRIC] == pytest.approx(4 / 3)
    assert row.scores[AnswerMetric.QUALITY] == pytest.approx(2 / 3)
    assert row.repeated[METRIC] == Repeated(times=3, variance=variance([2, 1, 1]))
    assert row.reasons[METRIC] == "time 1"
    assert rows_from_jsonl(rows_to_jsonl([row]), "answers.jsonl") == (row,)
    once = score_answer(FEE, answer(GOOD), [firm])
    assert len(firm.asked) == 1
    assert b"repeated" not in rows_to_jsonl([once])


def test_a_mean_between_the_steps_is_a_score_only_when_it_is_a_mean() -> None:
    """1.5 of a single look at 0, 1, 2 stays a mistake."""
    with pytest.raises(ValueError, match="no score"):
        Score(metric=METRIC, value=1.5, reason="half")
    with pytest.raises(ValueError, match="no score"):
        Score(metric=AnswerMetric.GROUNDING, value=1.5, reason="x", repeated=Repeated(times=2, variance=0.1))


@pytest.mark.parametrize(("scores", "value"), [([None, None, None], None), ([None, 2, None], 2), ([None, 2, 1], 1.5)])
def test_where_it_applies_only_at_times_those_times_count(scores: list[float | None], value: float | None) -> None:
    """ "Does not apply" is not 0."""
    assert score_answer(FEE, answer(GOOD), [Flaky(scores)]).scores[METRIC] == value


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=2, max_size=9))
def test_the_mean_and_the_variance_are_those_of_the_times(scores: list[float]) -> None:
    """As the statistics module counts them."""
    row = score_answer(FEE, answer(GOOD), [Flaky(list(scores))], repeats=len(scores))
    assert row.scores[METRIC] == pytest.approx(fmean(scores))
    assert row.repeated[METRIC].variance_of_mean == pytest.approx(variance(scores) / len(scores))


def drawn(random: np.random.Generator, queries: int, repeats: int) -> np.ndarray:
    """Return scores, shape (queries, repeats): a query's own chance of success, and a scorer that flips coins by it."""
    chances = random.beta(2, 1, size=(queries, 1))
    return (random.random((queries, repeats)) < chances).astype(float)


@pytest.mark.parametrize("repeats", [1, 3])
def test_the_interval_over_queries_holds_what_the_scorer_varies_by(repeats: int) -> None:
    """The truth, 2/3, lies in the 95 % interval of the means in at least 93 of 100 samples of 60 queries.

    Though each score is a coin's flip: nothing has to be added for it, or it would be counted twice.
    """
    inside = 0
    for seed in range(200):
        means = drawn(np.random.default_rng(seed), 60, repeats).mean(axis=1)
        found = estimate_mean(means, SHARES, resampling(400, seed=seed))
        inside += found.low <= 2 / 3 <= found.high
    assert inside >= 186


def test_more_repeats_make_the_interval_narrower_as_far_as_the_scorer_is_the_cause() -> None:
    """Var(mean) = (σ² between + σ² within ÷ k) ÷ n: here 1/18 lies between the queries, and 1/6 within."""
    random = np.random.default_rng(1)
    widths = []
    for repeats in (1, 9):
        found = estimate_mean(drawn(random, 4000, repeats).mean(axis=1), SHARES, resampling(400))
        widths.append(found.high - found.low)
    expected = ((1 / 18 + 1 / 6 / 9) / (1 / 18 + 1 / 6)) ** 0.5
    assert widths[1] / widths[0] == pytest.approx(expected, rel=0.1)


def test_the_scorers_share_of_the_variance_is_told() -> None:
    """With three looks: 1/18 within the mean against 1/18 between: one half."""
    scores = drawn(np.random.default_rng(3), 20_000, 3)
    share = share_within(list(scores.mean(axis=1)), list(scores.var(axis=1, ddof=1) / 3))
    assert share == pytest.approx(0.5, abs=0.03)
    assert share_within([0.5, 0.7], [0.0, 0.0]) is None
    assert share_within([0.5, 0.5], [0.1, 0.1]) is None
    assert share_within([0.5, 0.6], [9.0, 9.0]) == 1.0


def test_an_evaluation_says_how_much_of_its_uncertainty_is_the_scorers() -> None:
    """Nothing where no scorer varies; so records of before keep their bytes."""
    random = np.random.default_rng(5)
    queries = [FEE.model_copy(update={"id": str(number)}) for number in range(40)]
    looks = [[float(2 * look) for look in line] for line in drawn(random, 40, 3)]
    flaky = [score_answer(query, answer(GOOD), [Flaky(list(line))]) for query, line in zip(queries, looks, strict=True)]
    share = evaluate_answers(flaky, resampling()).measured[METRIC].scorer_share
    assert share is not None
    assert 0.2 < share < 0.8
    firm = [score_answer(query, answer(GOOD), [Flaky([2.0], deterministic=True)]) for query in queries]
    assert "scorer_share" not in evaluate_answers(firm, resampling()).model_dump_json()
