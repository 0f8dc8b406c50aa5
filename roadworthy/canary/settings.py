"""The plan of a canary: shares, margins and error rates. Light, since every command reads params.yaml."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class CanaryMetric(StrEnum):
    """What is compared between the arms; of each, more is worse."""

    ERRORS = "errors"
    """The share of requests that failed, timed out, or whose client went away."""
    LATENCY_P50 = "latency_p50"
    """The share slower than production's median."""
    LATENCY_P95 = "latency_p95"
    """The share slower than production's 95th percentile."""
    COST = "cost"
    """The mean cost of a request."""
    BLOCKED = "blocked"
    """The share in which a guard held something back."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The share answered with "I don't know"."""
    THUMBS_DOWN = "thumbs_down"
    """The share of thumbs."""
    UNRESOLVED = "unresolved"
    """The share of matters that users say are not settled."""


class _Plan(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MetricPlan(_Plan):
    """What one metric may do."""

    margin: float = Field(gt=0, le=0.9)
    """How much worse is still as good: a difference of shares; for cost a part of production's mean."""
    weight: float = Field(default=1.0, gt=0)
    """Its part of the evidence that rolls back, beside the others' weights: what is looked at more shows sooner."""
    needed: bool = False
    """Whether the canary ramps only once this is within its margin. What is not needed can still roll it back."""


_DEFAULT = {
    CanaryMetric.ERRORS: MetricPlan(margin=0.02, weight=8, needed=True),
    CanaryMetric.LATENCY_P50: MetricPlan(margin=0.1, weight=2, needed=True),
    CanaryMetric.LATENCY_P95: MetricPlan(margin=0.05, weight=3, needed=True),
    CanaryMetric.COST: MetricPlan(margin=0.2, weight=2),
    CanaryMetric.BLOCKED: MetricPlan(margin=0.03),
    CanaryMetric.REFUSED: MetricPlan(margin=0.05),
    CanaryMetric.UNKNOWN: MetricPlan(margin=0.05),
    CanaryMetric.THUMBS_DOWN: MetricPlan(margin=0.1),
    CanaryMetric.UNRESOLVED: MetricPlan(margin=0.1),
}


class CanaryParams(_Plan):
    """How a canary goes on, and how sure one has to be."""

    shares: tuple[float, ...] = Field(default=(0.05, 0.25, 0.5, 1.0), min_length=2)
    """Of the traffic, step by step; the last is 1, which is production."""
    alpha: float = Field(default=0.01, gt=0, le=0.2)
    """The probability with which a canary that is not worse is ever rolled back, over all metrics, looks and shares."""
    risk: float = Field(default=0.05, gt=0, le=0.2)
    """The probability with which a metric that is worse by its margin ever counts as within it."""
    least_requests: int = Field(default=200, ge=1)
    """So many requests the canary has to answer at each share."""
    longest_hold_hours: float = Field(default=72, gt=0)
    """After so long at one share without a verdict a person is asked."""
    silence_minutes: float = Field(default=30, gt=0)
    """When either arm has sent no telemetry for so long, nothing goes on."""
    most_per_person: int = Field(default=20, ge=1)
    """So many requests of one person count: they are alike, and all come to one arm."""
    metrics: dict[CanaryMetric, MetricPlan] = Field(default=_DEFAULT, min_length=1)

    @model_validator(mode="after")
    def _ascends_to_all(self) -> Self:
        if list(self.shares) != sorted(set(self.shares)) or self.shares[0] <= 0 or self.shares[-1] != 1:
            raise ValueError("shares ascend from above 0 to 1")
        if not any(plan.needed for plan in self.metrics.values()):
            raise ValueError("one metric at least is needed, or the canary would ramp on nothing")
        return self

    @property
    def weights(self) -> dict[CanaryMetric, float]:
        """Each metric's weight, 1 in all."""
        total = sum(plan.weight for plan in self.metrics.values())
        return {metric: plan.weight / total for metric, plan in self.metrics.items()}
