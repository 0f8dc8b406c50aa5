"""Says no: what is told to a request whose worst case does not fit, whichever implementation counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.interface import Exceeded
from roadworthy.budgets.purse import Purse, limit_nanos, money, seconds_until_end

PATIENCE = timedelta(minutes=15)
"""A reservation that is older than any request may be is waited for no longer; it stays spent."""
SOON = 1
"""In seconds: others are about to settle for less than they reserved."""


def refuse(worst: int, total: int, held: int, purse: Purse, limit: BudgetLimit, now: datetime) -> Exceeded:
    """Return the refusal. `held` is that part of the `total` which is reserved and may still come back."""
    fits_soon = total - held + worst <= limit_nanos(limit)
    retry = SOON if fits_soon else seconds_until_end(purse, now)
    return Exceeded(retry, money(total, purse.currency), limit)
