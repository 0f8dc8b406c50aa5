"""Draws on several accounts for one request: on its key's and its tenant's, on all of them or on none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Budgets, Exceeded, Reservation
from roadworthy.providers.prices import Money


@dataclass(frozen=True)
class Draw:
    """An account, and what it is held to."""

    account: Account
    limit: BudgetLimit


async def reserve_all(
    budgets: Budgets, draws: Sequence[Draw], worst_case: Money, now: datetime
) -> tuple[Reservation, ...] | Exceeded:
    """Reserve `worst_case` from each; where it does not fit, give the others back. Raises as `Budgets.reserve` does."""
    held: list[Reservation] = []
    try:
        for draw in draws:
            said = await budgets.reserve(draw.account, worst_case, draw.limit, now)
            if isinstance(said, Exceeded):
                await _release_all(budgets, held)
                return said
            held.append(said)
    except BaseException:
        await _release_all(budgets, held)
        raise
    return tuple(held)


async def settle_all(budgets: Budgets, reservations: Sequence[Reservation], exact: Money) -> None:
    """Count `exact` on each account."""
    for reservation in reservations:
        await budgets.settle(reservation, exact)


async def _release_all(budgets: Budgets, reservations: Sequence[Reservation]) -> None:
    for reservation in reservations:
        await budgets.release(reservation)
