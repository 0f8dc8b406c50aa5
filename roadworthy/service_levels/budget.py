"""Error and cost budgets: how much of a promise is left, and whether it goes too fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from roadworthy.service_levels.consumption import Consumption, Used
from roadworthy.service_levels.objectives import (
    LOOKS,
    CostObjective,
    LatencyObjective,
    Look,
    Severity,
    SuccessObjective,
)


class BudgetVerdict(StrEnum):
    """What a budget says; the worst that holds."""

    NO_DATA = "no_data"
    """Nothing was asked in the whole window: neither kept nor broken."""
    KEPT = "kept"
    TICKET = "ticket"
    PAGE = "page"
    SPENT = "spent"
    """Nothing is left of it, and it does not go on too fast now."""


@dataclass(frozen=True)
class Burn:
    """How fast the budget goes in a pair of windows; at a rate of 1 it lasts just as long as the objective's window."""

    look: Look
    threshold: float
    long_rate: float
    short_rate: float
    fires: bool


@dataclass(frozen=True)
class BudgetReport:
    """The state of a budget at a moment."""

    objective: SuccessObjective | LatencyObjective | CostObjective
    at: datetime
    verdict: BudgetVerdict
    requests: int
    used: float
    """Bad requests, or money, in the window."""
    allowed: float
    """As much is promised to be the most."""
    burns: tuple[Burn, ...]

    @property
    def left(self) -> float:
        """The part of the budget that is left: 1 is all, below 0 is more than spent."""
        return 1 - self.used / self.allowed if self.allowed else 1.0


def judge_budget(
    objective: SuccessObjective | LatencyObjective | CostObjective, consumption: Consumption, now: datetime
) -> BudgetReport:
    """Judge a budget at `now`; `consumption` reaches back a window at least."""
    whole = consumption.between(now - objective.window, now)
    allowed = _allowed(objective, whole, objective.window)
    burns = tuple(_burn(objective, consumption, look, now) for look in LOOKS)
    verdict = _verdict(whole, allowed, burns)
    return BudgetReport(objective, now, verdict, whole.requests, whole.amount, allowed, burns)


def _verdict(whole: Used, allowed: float, burns: tuple[Burn, ...]) -> BudgetVerdict:
    fired = {burn.look.severity for burn in burns if burn.fires}
    if not whole.requests:
        return BudgetVerdict.NO_DATA
    if Severity.PAGE in fired:
        return BudgetVerdict.PAGE
    if whole.amount >= allowed:
        return BudgetVerdict.SPENT
    return BudgetVerdict.TICKET if fired else BudgetVerdict.KEPT


def _burn(
    objective: SuccessObjective | LatencyObjective | CostObjective, consumption: Consumption, look: Look, now: datetime
) -> Burn:
    threshold = look.uses * (objective.window / look.long)
    long, short = (consumption.between(now - span, now) for span in (look.long, look.short))
    long_rate, short_rate = (_rate(objective, used, span) for used, span in ((long, look.long), (short, look.short)))
    enough = isinstance(objective, CostObjective) or long.amount >= objective.least_bad
    return Burn(look, threshold, long_rate, short_rate, enough and min(long_rate, short_rate) >= threshold)


def _rate(objective: SuccessObjective | LatencyObjective | CostObjective, used: Used, span: timedelta) -> float:
    allowed = _allowed(objective, used, span)
    return used.amount / allowed if allowed else 0.0


def _allowed(objective: SuccessObjective | LatencyObjective | CostObjective, used: Used, span: timedelta) -> float:
    """Of requests the promised part may be bad; of money each moment has its part of the window's amount."""
    if isinstance(objective, CostObjective):
        return float(objective.amount) * (span / objective.window)
    return (1 - objective.target) * used.requests
