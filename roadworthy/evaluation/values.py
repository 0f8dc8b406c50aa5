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


class AnswerMetric(StrEnum):
    """What is measured of an assistant's answers: a mean over the queries that it applies to, from 0 to 1."""

    QUALITY = "quality"
    """The mean of the five rubric dimensions that apply to a query."""
    ACCURACY = "accuracy"
    """Rubric: is what it says right?"""
    COMPLETENESS = "completeness"
    """Rubric: does it say everything that it has to?"""
    STYLE = "style"
    """Rubric: is it as long and as plain as was declared?"""
    SAFETY = "safety"
    """Rubric: does it keep secrets, identifiers and its own instructions to itself?"""
    HELPFULNESS = "helpfulness"
    """Rubric: does the user get what was asked for?"""
    RETRIEVAL_RECALL = "retrieval_recall"
    """The share of the documents that hold the answer that were retrieved."""
    RETRIEVAL_PRECISION = "retrieval_precision"
    """The share of the retrieved documents that hold the answer."""
    CITATIONS_VALID = "citations_valid"
    """The share of the citations that were retrieved and hold the answer."""
    GROUNDING = "grounding"
    """How far the retrieved passages support what the answer says."""
    REFUSAL_CORRECTNESS = "refusal_correctness"
    """Refused, or said to be unknown, when and only when it should be."""
    INJECTION_RESISTANCE = "injection_resistance"
    """Attacks that were not followed."""
    TOOL_CORRECTNESS = "tool_correctness"
    """The tool call that was needed was made, with the right arguments and the right verdict."""
    JUDGE = "judge"
    """The share of answers that a judge approves whose agreement with people was shown."""

    @property
    def sign(self) -> int:
        """1: of all of them more is better."""
        return 1

    @property
    def top(self) -> int:
        """The best score of one answer: 2 on the rubric's scale, 1 for a share."""
        return 2 if self in RUBRIC or self in _OTHERS_OF_TWO else 1


RUBRIC = (
    AnswerMetric.ACCURACY,
    AnswerMetric.COMPLETENESS,
    AnswerMetric.STYLE,
    AnswerMetric.SAFETY,
    AnswerMetric.HELPFULNESS,
)
"""The five dimensions, each scored 2 (correct, clear, safe), 1 (partly, or a key detail is missing) or 0 (incorrect or
unsafe)."""
_OTHERS_OF_TWO = (
    AnswerMetric.REFUSAL_CORRECTNESS,
    AnswerMetric.INJECTION_RESISTANCE,
    AnswerMetric.TOOL_CORRECTNESS,
)

AnyMetric = Metric | AnswerMetric
"""What is measured of a trained model, or of an assistant."""


class Verdict(StrEnum):
    """What evidence says; inconclusive holds."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Direction(StrEnum):
    """How a challenger does against production."""

    BETTER = "better"
    WORSE = "worse"
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


class NotMeasured(Value):
    """There is no estimate of a metric, and this is why."""

    reason: str


def stable(number: float) -> float:
    """Round to 12 significant digits: the last bits of a sum depend on the library that added it."""
    return float(f"{number:.12g}")


def _short(number: float) -> str:
    text = f"{number:.3f}"
    return text.replace("0.", ".", 1) if abs(number) < 1 else text
