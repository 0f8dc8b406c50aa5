"""A purse: what one account may spend in one calendar period, and how its amounts become exact integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from roadworthy.access.budget_limit import BudgetLimit, Period
from roadworthy.budgets.account import Account
from roadworthy.errors import UsageError
from roadworthy.providers.prices import Money

NANO = 1_000_000_000
"""So many of our integers are one unit of a currency: a token at 0.001 USD per million costs one."""
LARGEST = 2**62 - 1
"""In nanos: two of them together still fit into 64 bits, the largest integer that SQLite and Redis count in."""
LINGER = timedelta(days=1)
"""So long a purse is kept after its period, for requests that are still under way when it ends."""


@dataclass(frozen=True)
class Purse:
    """One account's budget in one period."""

    key: str
    """Unique among all accounts, currencies and periods."""
    currency: str
    end: datetime
    """When its period is over, in UTC."""

    @property
    def forgotten(self) -> datetime:
        """When nobody needs it any more."""
        return self.end + LINGER


def purse_of(account: Account, limit: BudgetLimit, now: datetime) -> Purse:
    """Return the purse from which `account` spends at `now`, which knows its time zone."""
    start, end = _bounds(limit.period, now.astimezone(UTC))
    # Only a name may hold a colon, so two different purses never have one key.
    key = f"{account.kind}:{account.name}:{limit.currency}:{limit.period}:{start:%Y-%m-%dT%H}"
    return Purse(key, limit.currency, end)


def reserved_nanos(worst_case: Money, limit: BudgetLimit) -> int:
    """Return the integer that is reserved, rounded up. Raises as `Budgets` says."""
    return _nanos(worst_case, limit.currency, ROUND_CEILING)


def settled_nanos(exact: Money, purse: Purse) -> int:
    """Return the integer that is spent, rounded up. Raises as `Budgets` says."""
    return _nanos(exact, purse.currency, ROUND_CEILING)


def limit_nanos(limit: BudgetLimit) -> int:
    """Return the integer that may be spent, rounded down. Raises `UsageError` for an amount that can't be counted."""
    return _nanos(Money(limit.amount, limit.currency), limit.currency, ROUND_FLOOR)


def money(nanos: int, currency: str) -> Money:
    """Return the amount that an integer stands for."""
    with localcontext(prec=40):
        return Money(Decimal(nanos) / NANO, currency)


def seconds_until_end(purse: Purse, now: datetime) -> int:
    """Return the whole seconds after which a new period has begun, at least 1."""
    return max(1, math.ceil((purse.end - now).total_seconds()))


def _nanos(amount: Money, currency: str, rounding: str) -> int:
    # Nothing is nothing in every currency: a model that runs here costs 0.
    if amount.amount and amount.currency != currency:
        raise UsageError(
            f"the price is in {amount.currency}, the budget in {currency}",
            where="budget",
            remedy=f"give the key a budget in {amount.currency}: nothing is converted here",
        )
    with localcontext(prec=60):
        scaled = amount.amount * NANO
        if not scaled.is_finite() or not 0 <= scaled <= LARGEST:
            raise UsageError(
                f"{amount.amount} {amount.currency} can't be counted in a budget",
                where="budget",
                remedy=f"an amount is at least 0 and at most {LARGEST // NANO:,}",
            )
        return int(scaled.to_integral_value(rounding))


def _bounds(period: Period, now: datetime) -> tuple[datetime, datetime]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    if period == "hour":
        return hour, hour + timedelta(hours=1)
    day = hour.replace(hour=0)
    if period == "day":
        return day, day + timedelta(days=1)
    month = day.replace(day=1)
    return month, (month + timedelta(days=32)).replace(day=1)
