"""Budgets in this process's memory: for one worker whose spending may be forgotten at its end, and for outages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Exceeded, Reservation
from roadworthy.budgets.purse import Purse, limit_nanos, money, purse_of, reserved_nanos, settled_nanos
from roadworthy.budgets.refusal import PATIENCE, refuse
from roadworthy.providers.prices import Money


@dataclass(frozen=True)
class _Hold:
    nanos: int
    since: datetime


@dataclass
class _Counter:
    purse: Purse
    total: int = 0
    holds: dict[str, _Hold] = field(default_factory=dict)

    def held(self, now: datetime) -> int:
        return sum(hold.nanos for hold in self.holds.values() if now - hold.since < PATIENCE)


class MemoryBudgets:
    """See `Budgets`. Nothing in it waits, so on one event loop no two calls ever mix."""

    def __init__(self) -> None:
        self._counters: dict[str, _Counter] = {}

    async def reserve(
        self, account: Account, worst_case: Money, limit: BudgetLimit, now: datetime
    ) -> Reservation | Exceeded:
        """See `Budgets.reserve`."""
        worst, most = reserved_nanos(worst_case, limit), limit_nanos(limit)
        counter = self._counter(purse_of(account, limit, now), now)
        if counter.total + worst > most:
            return refuse(worst, counter.total, counter.held(now), counter.purse, limit, now)
        reservation = Reservation(uuid4().hex, counter.purse, worst)
        counter.total += worst
        counter.holds[reservation.id] = _Hold(worst, now)
        return reservation

    async def settle(self, reservation: Reservation, exact: Money) -> None:
        """See `Budgets.settle`."""
        self.count(reservation, exact)

    def count(self, reservation: Reservation, exact: Money) -> bool:
        """Settle, and tell whether it was still open."""
        nanos = settled_nanos(exact, reservation.purse)
        counter = self._counters.get(reservation.purse.key)
        if counter is None or counter.holds.pop(reservation.id, None) is None:
            return False
        counter.total += nanos - reservation.nanos
        return True

    async def release(self, reservation: Reservation) -> None:
        """See `Budgets.release`."""
        await self.settle(reservation, money(0, reservation.purse.currency))

    async def spent(self, account: Account, limit: BudgetLimit, now: datetime) -> Money:
        """See `Budgets.spent`."""
        counter = self._counters.get(purse_of(account, limit, now).key)
        return money(counter.total if counter else 0, limit.currency)

    async def close(self) -> None:
        """See `Budgets.close`: here the spending is forgotten."""
        self._counters.clear()

    def _counter(self, purse: Purse, now: datetime) -> _Counter:
        found = self._counters.get(purse.key)
        if found:
            return found
        # A new period is the moment to forget old ones; it comes once an hour at most for each account.
        for key in [key for key, old in self._counters.items() if old.purse.forgotten <= now]:
            del self._counters[key]
        return self._counters.setdefault(purse.key, _Counter(purse))
