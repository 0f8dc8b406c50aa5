"""What the judge says of a canary, and on what evidence."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from math import log

from pydantic import BaseModel, ConfigDict

from roadworthy.canary.settings import CanaryMetric


class CanaryVerdict(StrEnum):
    """What the evidence allows."""

    WORSE = "worse"
    """Roll back."""
    NOT_WORSE = "not_worse"
    """Ramp: every needed metric is within its margin, and there is enough of each."""
    UNDECIDED = "undecided"
    """Hold."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MetricEvidence(_Frozen):
    """What is known about one metric."""

    metric: CanaryMetric
    canary: int
    """Observations of the canary."""
    production: int
    canary_mean: float | None
    production_mean: float | None
    log_e: float
    """Natural logarithm of the e-value against "not worse"."""
    low: float
    """The difference canary − production lies between `low` and `high`, at all looks together."""
    high: float
    margin: float
    within_margin: bool
    needed: bool

    @property
    def summary(self) -> str:
        """A line for people."""
        if self.canary_mean is None or self.production_mean is None:
            return (
                f"{self.metric}: nothing to compare yet ({self.canary} of the canary, {self.production} of production)"
            )
        return (
            f"{self.metric}: {_short(self.canary_mean)} of {self.canary} against {_short(self.production_mean)} "
            f"of {self.production}; difference {_short(self.low)} to {_short(self.high)}, margin {_short(self.margin)}"
        )


class Judgement(_Frozen):
    """A verdict, its reason and its evidence."""

    verdict: CanaryVerdict
    decided_by: CanaryMetric | None
    """The metric that speaks most against the canary; None when none decided."""
    reason: str
    log_e: float
    """Of all metrics together."""
    alpha: float
    metrics: tuple[MetricEvidence, ...]

    @property
    def log_needed(self) -> float:
        """The logarithm of the e-value that rolls back."""
        return log(1 / self.alpha)

    @property
    def summary(self) -> str:
        """A few lines for people: verdict, reason, then a line for each metric."""
        return "\n".join([f"{self.verdict}: {self.reason}", *(f"  {one.summary}" for one in self.metrics)])


class Traffic(_Frozen):
    """What came while the canary had its present share."""

    canary_requests: int
    canary_latest: datetime | None
    """When the latest one came, at whatever share; None when none ever did."""
    production_latest: datetime | None


def _short(value: float) -> str:
    return f"{value:.4g}"
