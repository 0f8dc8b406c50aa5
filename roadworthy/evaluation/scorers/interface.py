"""What every scorer does, and the value that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Protocol

from pydantic import Field, model_validator

from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.repeating import Repeated
from roadworthy.evaluation.values import AnswerMetric, Value
from roadworthy.exchange.interface import Answer


class Score(Value):
    """How good one answer is in one respect."""

    metric: AnswerMetric
    value: float | None = Field(ge=0, le=2, allow_inf_nan=False)
    """0, 1 or 2 on the rubric's scale, or a share from 0 to 1 (`metric.top` says which); None: does not apply."""
    reason: str = Field(min_length=1)
    """What was seen, for people; quotes the query's rubric at most, never the answer."""
    repeated: Repeated | None = None
    """How it varied, where it is the mean of several scores."""

    @model_validator(mode="after")
    def _on_its_scale(self) -> Score:
        between = self.repeated is not None and self.value is not None and self.value <= self.metric.top
        if self.value is not None and not (between or on_scale(self.metric, self.value)):
            raise ValueError(f"{self.value} is no score of {self.metric}")
        return self


def on_scale(metric: AnswerMetric, value: float) -> bool:
    """Tell whether the value is one that this metric can have for a single answer."""
    return value in (0, 1, 2) if metric.top == 2 else 0 <= value <= 1


def averaged(scores: Sequence[Score]) -> Score:
    """Return the mean of several scores of the same answer by the same scorer, with the first one's reason.

    Where it applied only at times, the times when it did count.
    """
    values = [score.value for score in scores if score.value is not None]
    if len(values) < 2:
        return next((score for score in scores if score.value is not None), scores[0])
    return Score(metric=scores[0].metric, value=fmean(values), reason=scores[0].reason, repeated=Repeated.of(values))


class Scorer(Protocol):
    """Scores one answer; unless it is `deterministic`, the same answer may get another score each time."""

    @property
    def deterministic(self) -> bool:
        """Whether the same answer always gets the same scores; one that varies is asked several times."""

    @property
    def version(self) -> int:
        """From 1 on, one more when the same answer may get another score than before: old scores don't compare then."""

    def score(self, query: Query, answer: Answer) -> tuple[Score, ...]:
        """Return a score for each metric that this scorer is responsible for, also where it does not apply."""
