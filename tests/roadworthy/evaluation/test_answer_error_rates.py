"""How often the gates on assistants err, counted over simulated pairs of assistants whose truth is known.

Seeds are fixed, so the counts are too. At 200 samples a rate of 5 % is known to ± 3 points; benchmarks/gates.py counts
the same over many more.
"""

from __future__ import annotations

from typing import Any

import pytest
from answer_samples import TwoAssistants, resampling

from roadworthy.evaluation.answer_comparison import mean_difference
from roadworthy.evaluation.answer_evaluation import AnswerEvaluation, Measurement
from roadworthy.evaluation.bounded_means import SHARES, estimate_mean
from roadworthy.evaluation.comparison import Comparison
from roadworthy.evaluation.gates import FloorGate, NotWorseGate, judge
from roadworthy.evaluation.values import AnswerMetric, Direction, Verdict

SAMPLES = 200
LUCK = 0.03
UNUSED: Any = None
"""A not-worse gate reads the comparison alone."""
ALIKE = TwoAssistants((0.15, 0.25, 0.60), (0.15, 0.25, 0.60), 0.7)
TEN_POINTS = TwoAssistants((0.15, 0.25, 0.60), (0.22, 0.31, 0.47), 0.7)
WORSE = {
    "typical": TwoAssistants((0.15, 0.25, 0.60), (0.20, 0.25, 0.55), 0.7),
    "good": TwoAssistants((0.02, 0.05, 0.93), (0.05, 0.05, 0.90), 0.8),
    "right or wrong": TwoAssistants((0.10, 0.0, 0.90), (0.15, 0.0, 0.85), 0.9),
    "seldom unsafe": TwoAssistants((0.0, 0.0, 1.0), (0.02, 0.0, 0.98), 0.0),
}


def counted(
    pair: TwoAssistants, margin: float, queries: int, samples: int = SAMPLES
) -> dict[Verdict | Direction, float]:
    """Return how often the not-worse gate gives each verdict, and how often a direction is claimed."""
    gate = NotWorseGate(kind="not_worse", metric=AnswerMetric.ACCURACY, margin=margin)
    counts: dict[Verdict | Direction, float] = dict.fromkeys((*Verdict, Direction.BETTER, Direction.WORSE), 0.0)
    for seed in range(samples):
        new, old = pair.draw(seed, queries)
        difference = mean_difference((new - old) / 2, resampling(300, seed))
        comparison = Comparison(rows=queries, differences={AnswerMetric.ACCURACY: difference})
        counts[judge(gate, UNUSED, comparison).verdict] += 1 / samples
        if difference.direction() is not Direction.INCONCLUSIVE:
            counts[difference.direction()] += 1 / samples
    return counts


@pytest.mark.parametrize("queries", [60, 200])
@pytest.mark.parametrize("kind", WORSE)
def test_a_challenger_that_is_worse_by_the_margin_seldom_passes(kind: str, queries: int) -> None:
    """At a true loss of exactly δ at most 5 % pass, also where nearly all answers are right."""
    pair = WORSE[kind]
    assert counted(pair, pair.loss, queries)[Verdict.PASS] <= 0.05 + LUCK


def test_no_better_is_seldom_called_better() -> None:
    """Two assistants that are equally good."""
    found = counted(ALIKE, 0.05, 100)
    assert found[Direction.BETTER] <= 0.05 + LUCK
    assert found[Direction.WORSE] <= 0.05 + LUCK


def test_a_drop_of_ten_points_on_200_queries_is_caught() -> None:
    """It never passes at a margin of 5 points; at 2 points most are failed outright."""
    assert TEN_POINTS.loss == pytest.approx(0.10)
    held, failed = counted(TEN_POINTS, 0.05, 200), counted(TEN_POINTS, 0.02, 200)
    assert held[Verdict.PASS] <= 0.01
    assert held[Direction.WORSE] >= 0.90
    assert failed[Verdict.FAIL] >= 0.80


def test_an_equally_good_challenger_passes_where_there_are_enough_queries() -> None:
    """200 queries and a margin of 8 points: nine times out of ten; next to none fails."""
    found = counted(ALIKE, 0.08, 200)
    assert found[Verdict.PASS] >= 0.85
    assert found[Verdict.FAIL] <= 0.01


@pytest.mark.parametrize(("share", "queries"), [(0.95, 40), (0.95, 100), (0.6, 40)])
def test_an_assistant_below_a_floor_seldom_passes_it(share: float, queries: int) -> None:
    """Whose truth is exactly the floor: at most 2.5 %, the upper tail of a 95 % interval."""
    pair = TwoAssistants((1 - share, 0.0, share), (1 - share, 0.0, share), 0.0)
    gate = FloorGate(kind="floor", metric=AnswerMetric.ACCURACY, at_least=share)
    passed = 0
    for seed in range(SAMPLES):
        found = estimate_mean(pair.draw(seed, queries)[0] / 2, SHARES, resampling(300, seed))
        measured = Measurement(queries=queries, estimate=found)
        evaluation = AnswerEvaluation(
            queries=queries,
            metrics={AnswerMetric.ACCURACY: found},
            measured={AnswerMetric.ACCURACY: measured},
        )
        passed += judge(gate, evaluation, None).verdict is Verdict.PASS
    assert passed / SAMPLES <= 0.025 + LUCK
