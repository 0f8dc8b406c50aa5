"""Small helpers to spend money in tests: amounts, accounts of a test's own, and a fixed moment."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Budgets, Exceeded, Reservation
from roadworthy.providers.prices import Money

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAILY = BudgetLimit(Decimal(5), "USD", "day")


def usd(amount: str | int | Decimal) -> Money:
    """So many dollars."""
    return Money(Decimal(amount), "USD")


def somebody() -> Account:
    """An account that nothing was spent from."""
    return Account("key", uuid4().hex)


async def reserved(
    budgets: Budgets, account: Account, amount: str, now: datetime = NOON, limit: BudgetLimit = DAILY
) -> Reservation:
    """Reserve what has to fit."""
    said = await budgets.reserve(account, usd(amount), limit, now)
    assert isinstance(said, Reservation), said
    return said


async def refused(
    budgets: Budgets, account: Account, amount: str, now: datetime = NOON, limit: BudgetLimit = DAILY
) -> Exceeded:
    """Reserve what must not fit."""
    said = await budgets.reserve(account, usd(amount), limit, now)
    assert isinstance(said, Exceeded), said
    return said
