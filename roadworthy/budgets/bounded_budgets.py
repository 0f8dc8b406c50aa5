"""Budgets that go on for a while without their shared store: each process may spend a share of the limit by itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Budgets, Exceeded, Reservation
from roadworthy.budgets.memory_budgets import MemoryBudgets
from roadworthy.budgets.purse import money, purse_of
from roadworthy.errors import ParamsError, Unavailable
from roadworthy.providers.prices import Money


class BoundedBudgets:
    """See `Budgets`; what is spent beyond a limit is at most `share` of it, for each process and period.

    The share is one for all outages in a period. What was spent from it is told to the shared store when that is back,
    as far as it fits into the limit.
    """

    def __init__(self, shared: Budgets, share: Decimal) -> None:
        if not (share.is_finite() and 0 < share <= 1):
            raise ParamsError("the share is not between 0 and 1", where="share", remedy="take 0.01 for one per cent")
        self._shared = shared
        self._share = share
        self._own = MemoryBudgets()
        self._untold: defaultdict[str, Decimal] = defaultdict(Decimal)

    async def reserve(
        self, account: Account, worst_case: Money, limit: BudgetLimit, now: datetime
    ) -> Reservation | Exceeded:
        """See `Budgets.reserve`."""
        try:
            if self._untold:
                await self._tell(account, limit, now)
            return await self._shared.reserve(account, worst_case, limit, now)
        except Unavailable:
            return await self._reserve_own(account, worst_case, limit, now)

    async def settle(self, reservation: Reservation, exact: Money) -> None:
        """See `Budgets.settle`."""
        if not reservation.local:
            await self._shared.settle(reservation, exact)
            return
        if self._own.count(reservation, exact):
            self._untold[reservation.purse.key] += exact.amount

    async def release(self, reservation: Reservation) -> None:
        """See `Budgets.release`."""
        await self.settle(reservation, money(0, reservation.purse.currency))

    async def spent(self, account: Account, limit: BudgetLimit, now: datetime) -> Money:
        """See `Budgets.spent`; during an outage this process's own spending."""
        try:
            return await self._shared.spent(account, limit, now)
        except Unavailable:
            return await self._own.spent(account, limit, now)

    async def close(self) -> None:
        """See `Budgets.close`."""
        await self._shared.close()
        await self._own.close()

    async def _reserve_own(
        self, account: Account, worst_case: Money, limit: BudgetLimit, now: datetime
    ) -> Reservation | Exceeded:
        own = replace(limit, amount=limit.amount * self._share)
        said = await self._own.reserve(account, worst_case, own, now)
        return replace(said, limit=limit) if isinstance(said, Exceeded) else replace(said, local=True)

    async def _tell(self, account: Account, limit: BudgetLimit, now: datetime) -> None:
        """Report what this account spent here. Told twice, if an answer gets lost, it counts twice: the safe side."""
        key = purse_of(account, limit, now).key
        spent = Money(self._untold.pop(key, Decimal(0)), limit.currency)
        if not spent.amount:
            return
        try:
            told = await self._shared.reserve(account, spent, limit, now)
        except Unavailable:
            self._untold[key] += spent.amount
            raise
        if isinstance(told, Reservation):
            await self._shared.settle(told, spent)
