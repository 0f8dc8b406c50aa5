"""The judge: three verdicts, one total error rate, and no promotion on what is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from roadworthy.canary.judge import Judge
from roadworthy.canary.ramp import Hold, Promote, RampTo, RollBack, next_action
from roadworthy.canary.sequential.interface import Batch
from roadworthy.canary.settings import CanaryMetric, CanaryParams, MetricPlan
from roadworthy.canary.verdict import CanaryVerdict, Judgement, Traffic
from roadworthy.errors import IntegrityError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLAN = CanaryParams(
    metrics={
        CanaryMetric.ERRORS: MetricPlan(margin=0.05, weight=3, needed=True),
        CanaryMetric.LATENCY_P95: MetricPlan(margin=0.1, needed=True),
        CanaryMetric.THUMBS_DOWN: MetricPlan(margin=0.1),
    }
)
FRESH = Traffic(canary_requests=1000, canary_latest=NOW, production_latest=NOW)


def observations(requests: int = 6000, seed: int = 1, **canary: float) -> dict[CanaryMetric, Batch]:
    """Errors of 5 %, latencies around a second, thumbs down of 20 %; the canary as said."""
    random = np.random.default_rng(seed)
    arm = random.random(requests) < 0.25
    errors = random.random(requests) < np.where(arm, canary.get("errors", 0.05), 0.05)
    seconds = np.where(arm, canary.get("slower", 1.0), 1.0) * random.lognormal(0, 0.4, requests)
    down = random.random(requests) < np.where(arm, canary.get("down", 0.2), 0.2)
    return {
        CanaryMetric.ERRORS: Batch(arm, errors.astype(float)),
        CanaryMetric.LATENCY_P95: Batch(arm, seconds),
        CanaryMetric.THUMBS_DOWN: Batch(arm, down.astype(float)),
    }


def judged(given: dict[CanaryMetric, Batch], traffic: Traffic = FRESH) -> Judgement:
    """The verdict on these observations."""
    judge = Judge(PLAN)
    judge.observe(given)
    return judge.judgement(traffic, NOW)


def test_as_good_is_not_worse() -> None:
    """Every needed metric within its margin, enough requests, fresh telemetry."""
    found = judged(observations())
    assert (found.verdict, found.decided_by) == (CanaryVerdict.NOT_WORSE, None)
    assert all(line.within_margin for line in found.metrics if line.needed)


@pytest.mark.parametrize(
    ("canary", "metric"),
    [
        ({"errors": 0.2}, CanaryMetric.ERRORS),
        ({"slower": 2.0}, CanaryMetric.LATENCY_P95),
        ({"down": 0.5}, CanaryMetric.THUMBS_DOWN),
    ],
)
def test_the_metric_that_is_worse_is_named(canary: dict[str, float], metric: CanaryMetric) -> None:
    """Whichever it is, needed or not; the summary has both arms' figures."""
    found = judged(observations(**canary))
    assert (found.verdict, found.decided_by) == (CanaryVerdict.WORSE, metric)
    assert found.log_e >= found.log_needed
    assert f"worse: {metric}" in found.summary
    assert len(found.summary.splitlines()) == 4


def test_little_is_undecided() -> None:
    """A hundred requests tell nothing, and the reason says what is waited for."""
    found = judged(observations(100))
    assert found.verdict is CanaryVerdict.UNDECIDED
    assert "errors" in found.reason


@pytest.mark.parametrize("missing", [CanaryMetric.ERRORS, CanaryMetric.LATENCY_P95])
def test_a_needed_metric_that_is_missing_holds(missing: CanaryMetric) -> None:
    """However good the others are."""
    given = {metric: batch for metric, batch in observations().items() if metric is not missing}
    found = judged(given)
    assert found.verdict is CanaryVerdict.UNDECIDED
    assert missing in found.reason


def test_a_metric_that_is_not_needed_may_be_missing() -> None:
    """Nobody has to give a thumb for a canary to go on."""
    given = observations()
    del given[CanaryMetric.THUMBS_DOWN]
    assert judged(given).verdict is CanaryVerdict.NOT_WORSE


@pytest.mark.parametrize(
    ("traffic", "says"),
    [
        ({"canary_latest": None}, "no telemetry of canary yet"),
        ({"production_latest": None}, "no telemetry of production yet"),
        ({"canary_latest": NOW - timedelta(hours=1)}, "no telemetry of canary since"),
        ({"production_latest": NOW - timedelta(hours=1)}, "no telemetry of production since"),
        ({"canary_requests": 199}, "199 of 200 canary requests at this share"),
    ],
)
def test_missing_telemetry_never_promotes(traffic: dict[str, Any], says: str) -> None:
    """An arm that was never seen, that fell silent, or had too few requests at this share."""
    found = judged(observations(), FRESH.model_copy(update=traffic))
    assert found.verdict is CanaryVerdict.UNDECIDED
    assert says in found.reason


def test_a_silent_canary_that_is_worse_is_still_worse() -> None:
    """What is proved stays proved."""
    found = judged(observations(errors=0.3), FRESH.model_copy(update={"canary_latest": NOW - timedelta(days=1)}))
    assert found.verdict is CanaryVerdict.WORSE


def test_what_is_within_its_margin_never_rolls_back() -> None:
    """A difference that is sure and too small to matter: 10 % against 8 % with a margin of 5 %, on many requests."""
    random = np.random.default_rng(3)
    arm = random.random(40_000) < 0.5
    failed = (random.random(40_000) < np.where(arm, 0.1, 0.08)).astype(float)
    found = judged({CanaryMetric.ERRORS: Batch(arm, failed)})
    (errors, *_) = found.metrics
    assert errors.low > 0
    assert errors.log_e > found.log_needed
    assert found.verdict is CanaryVerdict.UNDECIDED


def test_a_watch_that_was_killed_goes_on() -> None:
    """From the judge's state as JSON: the same judgement as without the kill."""
    first, second = observations(seed=1), observations(seed=2, errors=0.09)
    whole, killed, restored = Judge(PLAN), Judge(PLAN), Judge(PLAN)
    for judge in (whole, killed):
        judge.observe(first)
    restored.restore(json.loads(killed.state().model_dump_json()))
    for judge in (whole, restored):
        judge.observe(second)
    assert restored.judgement(FRESH, NOW) == whole.judgement(FRESH, NOW)


def test_a_state_of_another_plan_is_refused() -> None:
    """Its numbers would mean something else."""
    with pytest.raises(IntegrityError, match="settings have changed"):
        Judge(PLAN).restore(Judge(CanaryParams()).state())


def test_good_canaries_are_seldom_rolled_back() -> None:
    """Of 40 with three metrics, judged at four looks each at α = .01: three or more would be chance in 1 of 130."""
    rolled_back = 0
    for seed in range(40):
        given, judge = observations(1200, seed), Judge(PLAN)
        for since in range(0, 1200, 300):
            part = slice(since, since + 300)
            judge.observe({metric: Batch(one.in_canary[part], one.values[part]) for metric, one in given.items()})
            if judge.judgement(FRESH, NOW).verdict is CanaryVerdict.WORSE:
                rolled_back += 1
                break
    assert rolled_back <= 2


def verdict(which: CanaryVerdict) -> Judgement:
    """A judgement with this verdict."""
    return Judgement(verdict=which, decided_by=None, reason="because", log_e=0.0, alpha=0.01, metrics=())


@pytest.mark.parametrize(
    ("share", "action"),
    [
        (0.05, RampTo(0.25, "because")),
        (0.1, RampTo(0.25, "because")),
        (0.25, RampTo(0.5, "because")),
        (0.5, Promote("because")),
        (1.0, Promote("because")),
    ],
)
def test_not_worse_goes_on(share: float, action: RampTo | Promote) -> None:
    """To the next share of the plan, also from one that was set by hand; from the last but one to production."""
    assert next_action(PLAN, verdict(CanaryVerdict.NOT_WORSE), share, timedelta()) == action


def test_worse_goes_back_and_undecided_stays() -> None:
    """At any share; after the longest hold a person is asked, and never is it promoted by waiting."""
    assert next_action(PLAN, verdict(CanaryVerdict.WORSE), 0.5, timedelta()) == RollBack("because")
    assert next_action(PLAN, verdict(CanaryVerdict.UNDECIDED), 0.5, timedelta(hours=72)) == Hold("because", False)
    assert next_action(PLAN, verdict(CanaryVerdict.UNDECIDED), 0.5, timedelta(hours=73)) == Hold("because", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shares": (0.25, 0.05, 1.0)},
        {"shares": (0.05, 0.5)},
        {"shares": (0.0, 1.0)},
        {"alpha": 0.0},
        {"metrics": {"errors": {"margin": 0.02}}},
        {"metrics": {"mistakes": {"margin": 0.02, "needed": True}}},
        {"share": 0.05},
    ],
)
def test_a_wrong_plan_is_refused(wrong: dict[str, Any]) -> None:
    """Shares that do not ascend to 1, nothing that is needed, keys and metrics that there are not."""
    with pytest.raises(ValidationError):
        CanaryParams.model_validate(wrong)


def test_weights_are_one_in_all() -> None:
    """Else the average of e-values would be none."""
    assert sum(CanaryParams().weights.values()) == pytest.approx(1)
