"""How much money an account may spend in a calendar period, and how people write it: 5USD/day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

from roadworthy.errors import UsageError

Period = Literal["hour", "day", "month"]

_WRITTEN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([A-Z]{3})/(hour|day|month)", re.ASCII)


@dataclass(frozen=True)
class BudgetLimit:
    """So much may be spent in each calendar period, in UTC."""

    amount: Decimal
    currency: str
    """By ISO 4217, e.g. USD."""
    period: Period


def parse_budget_limit(text: str) -> BudgetLimit:
    """Read `5USD/day` or `0.25 EUR/hour`. Raises `UsageError` for anything else."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f"{text!r} is no budget",
            where="budget",
            remedy="write an amount, a currency and hour, day or month, such as 5USD/day or 0.25EUR/hour",
        )
    amount, currency, period = found.groups()
    return BudgetLimit(Decimal(amount), currency, cast(Period, period))
