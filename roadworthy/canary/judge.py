"""The judge: weighs all metrics of a canary together, at a stated probability of rolling back a good one.

The metrics' e-values are averaged by weight. An average of e-values is an e-value, however they depend on each other
(Vovk and Wang, E-values: calibration, combination and applications, Annals of Statistics 2021, section 3), and it
reaches 1/α whenever Bonferroni's rule with the same weights would reject. To ramp, every needed metric has to be within
its margin: a canary that is worse in one has to pass that one, so these need no correction (Berger 1982, the
intersection–union principle).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import exp, inf, log
from typing import Any

from roadworthy.canary.sequential.interface import Batch, Evidence, SequentialTest, State
from roadworthy.canary.sequential.learned import Asked
from roadworthy.canary.sequential.means import MeanTest
from roadworthy.canary.sequential.quantiles import QuantileTest
from roadworthy.canary.sequential.rates import RateTest
from roadworthy.canary.sequential.states import not_its_state, parsed_state
from roadworthy.canary.sequential.two_arms import Differences, usual_differences
from roadworthy.canary.settings import CanaryMetric, CanaryParams
from roadworthy.canary.verdict import CanaryVerdict, Judgement, MetricEvidence, Traffic

QUANTILES = {CanaryMetric.LATENCY_P50: 0.5, CanaryMetric.LATENCY_P95: 0.95}


class JudgeState(State):
    """See `Judge.state`."""

    tests: dict[CanaryMetric, dict[str, Any]]


class Judge:
    """Hears the observations of one canary, from its beginning to its end."""

    def __init__(self, params: CanaryParams) -> None:
        self._params = params
        self._tests = {metric: make_test(metric, params) for metric in params.metrics}

    def observe(self, batches: Mapping[CanaryMetric, Batch]) -> None:
        """Take further observations, each metric's in the order in which they came; others than planned are left."""
        for metric, test in self._tests.items():
            if metric in batches:
                test.observe(batches[metric])

    def state(self) -> JudgeState:
        """Return what `restore` goes on from, as a JSON value."""
        return JudgeState(tests={metric: test.state().model_dump() for metric, test in self._tests.items()})

    def restore(self, state: Any) -> None:
        """Go on from a state. Raises `IntegrityError` for one that is none, or of another plan."""
        state = parsed_state(JudgeState, state)
        if set(state.tests) != set(self._tests):
            raise not_its_state()
        for metric, test in self._tests.items():
            test.restore(state.tests[metric])

    def judgement(self, traffic: Traffic, now: datetime) -> Judgement:
        """Say what the evidence so far allows."""
        found = {metric: test.evidence for metric, test in self._tests.items()}
        against = self._against(found)
        log_e = _log_sum(against.values())
        decided_by: CanaryMetric | None = None
        if log_e >= log(1 / self._params.alpha):
            decided_by = max(against, key=lambda metric: against[metric])
            verdict, reason = CanaryVerdict.WORSE, _worse(decided_by, found[decided_by], log_e, self._params.alpha)
        elif missing := self._missing(found, traffic, now):
            verdict, reason = CanaryVerdict.UNDECIDED, missing
        else:
            verdict, reason = CanaryVerdict.NOT_WORSE, "every needed metric is within its margin"
        lines = tuple(self._line(metric, evidence) for metric, evidence in found.items())
        return Judgement(
            verdict=verdict,
            decided_by=decided_by,
            reason=reason,
            log_e=log_e,
            alpha=self._params.alpha,
            metrics=lines,
        )

    def _against(self, found: Mapping[CanaryMetric, Evidence]) -> dict[CanaryMetric, float]:
        """Return each metric's share of the evidence, as a logarithm; what is within its margin is none."""
        weights = self._params.weights
        return {
            metric: -inf if evidence.within_margin else log(weights[metric]) + evidence.log_e
            for metric, evidence in found.items()
        }

    def _missing(self, found: Mapping[CanaryMetric, Evidence], traffic: Traffic, now: datetime) -> str:
        """Say what there is to wait for; empty when nothing is missing."""
        silence = timedelta(minutes=self._params.silence_minutes)
        for arm, latest in (("canary", traffic.canary_latest), ("production", traffic.production_latest)):
            if latest is None:
                return f"no telemetry of {arm} yet"
            if now - latest > silence:
                return f"no telemetry of {arm} since {latest:%Y-%m-%d %H:%M} UTC"
        if traffic.canary_requests < self._params.least_requests:
            return f"{traffic.canary_requests} of {self._params.least_requests} canary requests at this share"
        open_ = [name for name, plan in self._params.metrics.items() if plan.needed and not found[name].within_margin]
        return f"not known yet to be within the margin: {', '.join(open_)}" if open_ else ""

    def _line(self, metric: CanaryMetric, evidence: Evidence) -> MetricEvidence:
        return MetricEvidence(
            metric=metric,
            canary=evidence.canary,
            production=evidence.production,
            canary_mean=evidence.canary_mean,
            production_mean=evidence.production_mean,
            log_e=evidence.log_e,
            low=evidence.difference.low,
            high=evidence.difference.high,
            margin=evidence.margin,
            within_margin=evidence.within_margin,
            needed=self._params.metrics[metric].needed,
        )


def make_test(
    metric: CanaryMetric, params: CanaryParams, differences: Differences = usual_differences
) -> SequentialTest:
    """Return the test of a metric, as its plan wants it."""
    asked = Asked(params.metrics[metric].margin, params.risk, differences=differences)
    if metric in QUANTILES:
        return QuantileTest(QUANTILES[metric], asked)
    if metric is CanaryMetric.COST:
        return MeanTest(asked)
    return RateTest(asked.margin, asked.risk, differences)


def _log_sum(logarithms: Any) -> float:
    values = list(logarithms)
    top = max(values)
    return -inf if top == -inf else top + log(sum(exp(value - top) for value in values))


def _worse(metric: CanaryMetric, evidence: Evidence, log_e: float, alpha: float) -> str:
    return (
        f"{metric} {evidence.canary_mean:.4g} against {evidence.production_mean:.4g} after {evidence.canary} canary "
        f"observations; e-value {exp(min(log_e, 690)):.3g}, {1 / alpha:.3g} is enough"
    )
