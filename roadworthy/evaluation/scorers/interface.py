"""What every scorer does, and the value that it gives."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field, model_validator

from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.values import AnswerMetric, Value
from roadworthy.exchange.interface import Answer


class Score(Value):
    """How good one answer is in one respect."""

    metric: AnswerMetric
    value: float | None = Field(ge=0, le=2, allow_inf_nan=False)
    """0, 1 or 2 on the rubric's scale, or a share from 0 to 1 (`metric.top` says which); None: does not apply."""
    reason: str = Field(min_length=1)
    """What was seen, for people; quotes the query's rubric at most, never the answer."""

    @model_validator(mode="after")
    def _on_its_scale(self) -> Score:
        if self.value is not None and not on_scale(self.metric, self.value):
            raise ValueError(f"{self.value} is no score of {self.metric}")
        return self


def on_scale(metric: AnswerMetric, value: float) -> bool:
    """Tell whether the value is one that this metric can have for a single answer."""
    return value in (0, 1, 2) if metric.top == 2 else 0 <= value <= 1


class Scorer(Protocol):
    """Scores one answer; the same answer always gets the same scores."""

    @property
    def version(self) -> int:
        """From 1 on, one more when the same answer may get another score than before: old scores don't compare then."""

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Return a score for each metric that this scorer is responsible for, also where it does not apply."""
