"""Gates: what may be declared, the three verdicts at their boundaries, and what they add up to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from roadworthy.evaluation.calibration import Calibration
from roadworthy.evaluation.comparison import QUANTILES, Comparison, Difference
from roadworthy.evaluation.gates import FloorGate, Gate, GateResult, NotWorseGate, judge, overall
from roadworthy.evaluation.judgement import Judgement, judge_all
from roadworthy.evaluation.report import Evaluation
from roadworthy.evaluation.values import Estimate, Metric, Verdict

GATES: TypeAdapter[Any] = TypeAdapter(Gate)
AUC_FLOOR = {"kind": "floor", "metric": "auc", "at_least": 0.7}
BRIER_FLOOR = {"kind": "floor", "metric": "brier", "at_most": 0.2}
NOT_WORSE = {"kind": "not_worse", "metric": "auc", "margin": 0.01}


def evaluation(low: float, high: float) -> Evaluation:
    """Return an evaluation in which every metric has this interval."""
    estimate = Estimate(value=(low + high) / 2, low=low, high=high, confidence=0.95)
    return Evaluation(
        rows=100,
        positives=50,
        metrics=dict.fromkeys(Metric, estimate),
        calibration=Calibration(bins=(), expected_error=0),
        resampled_by="rows",
    )


def comparison(low: float, high: float) -> Comparison:
    """Return a comparison whose differences are spread evenly from `low` to `high`."""
    quantiles = tuple(low + (high - low) * (place + 0.5) / QUANTILES for place in range(QUANTILES))
    estimate = Estimate(value=(low + high) / 2, low=low, high=high, confidence=0.95)
    return Comparison(rows=100, differences=dict.fromkeys(Metric, Difference(estimate=estimate, quantiles=quantiles)))


def verdict_of(gate: dict[str, Any], found: Evaluation, compared: Comparison | None = None) -> Verdict:
    """Judge a gate as params.yaml declares it."""
    return judge(GATES.validate_python(gate), found, compared).verdict


@pytest.mark.parametrize(
    "wrong",
    [
        {**AUC_FLOOR, "metric": "brier"},
        {**BRIER_FLOOR, "metric": "auc"},
        {**AUC_FLOOR, "at_most": 0.9},
        {"kind": "floor", "metric": "auc"},
        {**AUC_FLOOR, "metric": "accuracy"},
        {**AUC_FLOOR, "at_least": float("nan")},
        {**AUC_FLOOR, "margin": 0.1},
        {**NOT_WORSE, "margin": 0},
        {**NOT_WORSE, "margin": -0.01},
        {**NOT_WORSE, "margin": float("inf")},
        {**NOT_WORSE, "confidence": 0.5},
        {**NOT_WORSE, "confidence": 1},
        {**NOT_WORSE, "metric": "f1"},
        {**NOT_WORSE, "kind": "better"},
        {"metric": "auc", "margin": 0.1},
    ],
)
def test_a_gate_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    """A bound on the wrong side, no margin, an unknown metric, key or kind: params.yaml is not taken."""
    with pytest.raises(ValidationError):
        GATES.validate_python(wrong)


def test_gates_are_taken_as_declared() -> None:
    """The kind chooses the gate; the confidence is 95 % where nothing is said."""
    assert GATES.validate_python(AUC_FLOOR) == FloorGate(kind="floor", metric=Metric.AUC, at_least=0.7)
    assert GATES.validate_python(BRIER_FLOOR).bound == 0.2
    assert GATES.validate_python(NOT_WORSE) == NotWorseGate(
        kind="not_worse", metric=Metric.AUC, margin=0.01, confidence=0.95
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.7, 0.8, Verdict.PASS),
        (0.6999, 0.8, Verdict.INCONCLUSIVE),
        (0.6, 0.7, Verdict.INCONCLUSIVE),
        (0.6, 0.6999, Verdict.FAIL),
    ],
)
def test_a_floor_of_which_more_is_better(low: float, high: float, verdict: Verdict) -> None:
    """The whole interval must reach the bound; only when all of it is below does the gate fail."""
    assert verdict_of(AUC_FLOOR, evaluation(low, high)) is verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.1, 0.2, Verdict.PASS),
        (0.1, 0.2001, Verdict.INCONCLUSIVE),
        (0.2, 0.3, Verdict.INCONCLUSIVE),
        (0.2001, 0.3, Verdict.FAIL),
    ],
)
def test_a_floor_of_which_less_is_better(low: float, high: float, verdict: Verdict) -> None:
    """The same with the ends exchanged."""
    assert verdict_of(BRIER_FLOOR, evaluation(low, high)) is verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.0105, 0.03, Verdict.PASS),
        (-0.015, 0.03, Verdict.INCONCLUSIVE),
        (-0.05, -0.005, Verdict.INCONCLUSIVE),
        (-0.05, -0.0112, Verdict.FAIL),
    ],
)
def test_not_worse_reads_one_sided_bounds(low: float, high: float, verdict: Verdict) -> None:
    """It passes when at most 5 % of the distribution is worse than the margin, fails when at most 5 % is not."""
    assert verdict_of(NOT_WORSE, evaluation(0.5, 0.6), comparison(low, high)) is verdict


def test_more_confidence_asks_for_more() -> None:
    """What passes at 80 % may be held at 99 %."""
    gates = [{**NOT_WORSE, "confidence": confidence} for confidence in (0.8, 0.99)]
    found = [verdict_of(gate, evaluation(0.5, 0.6), comparison(-0.012, 0.03)) for gate in gates]
    assert found == [Verdict.PASS, Verdict.INCONCLUSIVE]


def test_the_first_release_passes_for_want_of_production_and_says_so() -> None:
    """With nothing in production there is nothing to be worse than."""
    result = judge(GATES.validate_python(NOT_WORSE), evaluation(0.5, 0.6), None)
    assert (result.verdict, result.reason) == (Verdict.PASS, "auc: nothing is in production to compare with")


def test_a_production_release_that_can_not_be_compared_with_holds() -> None:
    """No comparison although something is in production is no evidence."""
    result = judge(GATES.validate_python(NOT_WORSE), evaluation(0.5, 0.6), None, comparable=False)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "can't predict these rows" in result.reason


def test_reasons_name_metric_numbers_and_bound() -> None:
    """What a person reads in the summary and in the ledger."""
    floor = judge(GATES.validate_python(AUC_FLOOR), evaluation(0.71, 0.73), None)
    assert floor.reason == "auc .720 (.710 to .730), must be at least 0.7"
    loss = judge(FloorGate(kind="floor", metric=Metric.LOG_LOSS, at_most=11), evaluation(9.5, 11.5), None)
    assert loss.reason == "log_loss 10.500 (9.500 to 11.500), must be at most 11"
    worse = judge(GATES.validate_python(NOT_WORSE), evaluation(0.5, 0.6), comparison(-0.03, -0.02))
    assert worse.reason == (
        "auc 0.0250 worse than production (-0.0295 to -0.0205 at 95%), at most 0.01 worse is allowed"
    )


def result_of(verdict: Verdict) -> GateResult:
    """Return some gate's result with this verdict."""
    return GateResult(gate=GATES.validate_python(AUC_FLOOR), verdict=verdict, reason="because")


@given(st.lists(st.sampled_from(Verdict)))
def test_one_fail_fails_and_one_doubt_holds(verdicts: list[Verdict]) -> None:
    """Fail over inconclusive over pass, in any order."""
    ranks = [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL]
    expected = max(verdicts, key=ranks.index, default=Verdict.PASS)
    assert overall(tuple(result_of(verdict) for verdict in verdicts)) is expected


def test_a_judgement_sums_up_what_holds() -> None:
    """The summary gives the reasons of the gates that did not pass, or how many did; it survives JSON."""
    gates = (GATES.validate_python(AUC_FLOOR), GATES.validate_python(NOT_WORSE))
    held = judge_all(gates, evaluation(0.65, 0.75), None, None)
    assert held.summary == "inconclusive: auc .700 (.650 to .750), must be at least 0.7"
    assert judge_all(gates, evaluation(0.75, 0.8), None, None).summary == "pass: all 2 gates"
    assert judge_all(gates, evaluation(0.75, 0.8), "a" * 64, None).verdict is Verdict.INCONCLUSIVE
    assert Judgement.model_validate_json(held.model_dump_json()) == held
