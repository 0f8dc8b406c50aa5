"""Drawing on a key's and a tenant's budget for one request: on both or on neither."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from fakes.spending import DAILY, NOON, somebody, usd

from roadworthy.budgets.account import Account
from roadworthy.budgets.drawing import Draw, reserve_all, settle_all
from roadworthy.budgets.interface import Budgets, Exceeded
from roadworthy.errors import UsageError


def test_a_request_draws_on_all_or_on_none(make_budgets: Callable[[], Budgets]) -> None:
    """What does not fit the tenant is not taken from the key; the refusal is the tenant's."""

    async def play() -> None:
        budgets = make_budgets()
        key = Draw(somebody(), DAILY)
        tenant = Draw(Account("tenant", key.account.name), replace(DAILY, amount=Decimal(2)))
        held = await reserve_all(budgets, [key, tenant], usd("1.5"), NOON)
        assert not isinstance(held, Exceeded)
        said = await reserve_all(budgets, [key, tenant], usd(1), NOON)
        assert isinstance(said, Exceeded)
        assert said.limit == tenant.limit
        await settle_all(budgets, held, usd("0.25"))
        for draw in (key, tenant):
            assert await budgets.spent(draw.account, draw.limit, NOON) == usd("0.25")
        euro = replace(tenant, limit=replace(DAILY, currency="EUR"))
        with pytest.raises(UsageError):
            await reserve_all(budgets, [key, euro], usd(1), NOON)
        assert await budgets.spent(key.account, key.limit, NOON) == usd("0.25")
        assert await reserve_all(budgets, [], usd(1), NOON) == ()
        await budgets.close()

    asyncio.run(play())
