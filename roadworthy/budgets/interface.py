"""What every implementation of budgets does, and the values that go in and come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.account import Account
from roadworthy.budgets.purse import Purse, money
from roadworthy.providers.prices import Money


@dataclass(frozen=True)
class Reservation:
    """Money that nobody else can spend, until it is settled or released."""

    id: str
    purse: Purse
    nanos: int
    """The amount, in 10^-9 units of the purse's currency."""
    local: bool = False
    """True when it was reserved from this process's own share, because the shared store was down."""

    @property
    def amount(self) -> Money:
        """What is set aside."""
        return money(self.nanos, self.purse.currency)


@dataclass(frozen=True)
class Exceeded:
    """The worst case does not fit into what is left."""

    retry_after_seconds: int
    """Until the period's end; 1 when what others have reserved, and may give back, is all that stands in the way."""
    spent: Money
    """Spent and reserved in this period, by everybody on the account."""
    limit: BudgetLimit


class Budgets(Protocol):
    """Keeps what accounts spend in a calendar period. Nothing is ever spent beyond a limit that was reserved within it.

    A reservation that is never settled, because its process was killed, stays spent in full until the period ends: the
    model may have been asked, and nobody knows what it cost. Amounts in another currency than the limit's, and negative
    ones, raise `UsageError`. `reserve` and `spent` raise `Unavailable` when the place where spending is kept is out of
    reach; `settle` and `release` don't: they are done with a later call, and until then all that was reserved counts.
    """

    async def reserve(
        self, account: Account, worst_case: Money, limit: BudgetLimit, now: datetime
    ) -> Reservation | Exceeded:
        """Set `worst_case` aside in the period in which `now` lies, or say that it does not fit."""

    async def settle(self, reservation: Reservation, exact: Money) -> None:
        """Count `exact` instead of what was reserved; the second time nothing happens."""

    async def release(self, reservation: Reservation) -> None:
        """Give a reservation back whose model was never asked; the second time nothing happens."""

    async def spent(self, account: Account, limit: BudgetLimit, now: datetime) -> Money:
        """Return what is spent and reserved in the period in which `now` lies."""

    async def close(self) -> None:
        """Give back what it holds; the spending stays kept."""
