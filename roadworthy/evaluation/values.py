"""The values that evaluation gives: metrics, estimates with intervals, verdicts."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, field_serializer


class Metric(StrEnum):
    """What is measured of predicted probabilities."""

    AUC = "auc"
    """The probability that a positive row scores higher than a negative one. Higher is better."""
    LOG_LOSS = "log_loss"
    """The mean negative log-likelihood, in nats. Lower is better."""
    BRIER = "brier"
    """The mean squared difference between probability and outcome. Lower is better."""

    @property
    def sign(self) -> int:
        """1 where higher is better, −1 where lower is."""
        return 1 if self is Metric.AUC else -1


class Verdict(StrEnum):
    """What evidence says; inconclusive holds."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Value(BaseModel):
    """A frozen value, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(Value):
    """A number with its interval."""

    value: float
    low: float
    high: float
    confidence: float

    @field_serializer("value", "low", "high")
    def _stable(self, number: float) -> float:
        return stable(number)

    def text(self) -> str:
        """Return the estimate for people: .723 (.710 to .735)."""
        return f"{_short(self.value)} ({_short(self.low)} to {_short(self.high)})"


def stable(number: float) -> float:
    """Round to 12 significant digits: the last bits of a sum depend on the library that added it."""
    return float(f"{number:.12g}")


def _short(number: float) -> str:
    text = f"{number:.3f}"
    return text.replace("0.", ".", 1) if abs(number) < 1 else text
