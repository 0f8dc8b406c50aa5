"""Scores that vary from one time to the next: the same answer is scored several times, and the mean counts."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, variance
from typing import Self

from pydantic import Field

from roadworthy.evaluation.values import Value

REPEATS = 3
"""So many times a scorer that varies is asked about each answer."""


class Repeated(Value):
    """How a score varied within one query."""

    times: int = Field(ge=2)
    variance: float = Field(ge=0, allow_inf_nan=False)
    """Of a single score, in its own unit squared; that of the mean is this divided by `times`."""

    @classmethod
    def of(cls, scores: Sequence[float]) -> Self:
        """Return how these scores of the same answer varied."""
        return cls(times=len(scores), variance=variance(scores))

    @property
    def variance_of_mean(self) -> float:
        """What repeating has left."""
        return self.variance / self.times


def share_within(means: Sequence[float], within: Sequence[float]) -> float | None:
    """Return which share of the variance of the means over queries comes from the scorer itself, from 0 to 1.

    `within` holds each mean's own variance. Queries are drawn independently, so the variance of the means already is
    the sum of both parts, and an interval over the queries holds both: this only tells which of them to lessen, by more
    repeats or by more queries. None where the means do not vary. Searle, Casella and McCulloch, Variance components
    (1992), chapter 3.
    """
    if len(means) < 2 or not any(within):
        return None
    total = variance(means)
    return min(1.0, fmean(within) / total) if total > 0 else None
