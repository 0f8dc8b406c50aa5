"""What is promised of a capability, and how fast a promise may be used up before somebody is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Severity(StrEnum):
    """How soon a person has to look."""

    PAGE = "page"
    """Now."""
    TICKET = "ticket"
    """On the next working day."""


@dataclass(frozen=True)
class Look:
    """A pair of time windows: the long one says that it matters, the short one that it still goes on."""

    long: timedelta
    short: timedelta
    uses: float
    """It fires when so much of the whole budget goes in the long window."""
    severity: Severity


LOOKS = (
    Look(timedelta(hours=1), timedelta(minutes=5), 0.02, Severity.PAGE),
    Look(timedelta(hours=6), timedelta(minutes=30), 0.05, Severity.PAGE),
    Look(timedelta(days=3), timedelta(hours=6), 0.10, Severity.TICKET),
)
"""Google, The Site Reliability Workbook (2018), chapter 5, table 5-8; burn rates 14.4, 6 and 1 for thirty days."""


class _Objective(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    window_days: int = Field(default=30, ge=1, le=366)
    """A promise holds for the last so many days, at any moment."""

    @property
    def window(self) -> timedelta:
        """The same as a span of time."""
        return timedelta(days=self.window_days)


class _Share(_Objective):
    target: float = Field(gt=0, lt=1)
    """The part of requests for which it holds: .99 leaves a budget of one in a hundred."""
    least_bad: int = Field(default=3, ge=1)
    """With fewer bad requests in the long window nobody is told: one of two is no half."""


class SuccessObjective(_Share):
    """So many requests end well."""

    kind: Literal["success"] = "success"


class LatencyObjective(_Share):
    """So many requests are answered in time."""

    kind: Literal["latency"] = "latency"
    seconds: float = Field(gt=0)


class CostObjective(_Objective):
    """No more is spent."""

    kind: Literal["cost"] = "cost"
    amount: Decimal = Field(gt=0)
    """In a window, in the capability's currency."""
    currency: str = Field(min_length=1)


Objective = Annotated[SuccessObjective | LatencyObjective | CostObjective, Field(discriminator="kind")]
"""Any kind of promise."""
