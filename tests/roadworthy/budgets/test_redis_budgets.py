"""Budgets in a real Redis: shared by processes, closed or bounded while it is down, right again when it is back."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from fakes.spenders import killed_while_reserving, spend_in_processes
from fakes.spending import DAILY, NOON, refused, reserved, somebody, usd
from servers.valkey import Valkey

from roadworthy.budgets.bounded_budgets import BoundedBudgets
from roadworthy.budgets.redis_budgets import PAUSE_SECONDS, RedisBudgets
from roadworthy.errors import ParamsError, Unavailable


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now

    def pass_the_pause(self) -> None:
        """Go on until Redis is asked again."""
        self.now += PAUSE_SECONDS


def test_a_killed_process_leaves_its_reservation_spent(valkey: Valkey) -> None:
    """On whichever machine it ran."""
    account = somebody()
    killed_while_reserving(valkey.url, account, usd(3))

    async def play() -> None:
        budgets = RedisBudgets(valkey.url, timeout_seconds=30)
        await reserved(budgets, account, "2")
        await refused(budgets, account, "0.000000001")
        await budgets.close()

    asyncio.run(play())


def test_processes_that_race_for_one_purse_never_overspend(valkey: Valkey) -> None:
    """Four at once, each as fast as it can: together they win exactly what fits."""
    assert spend_in_processes(valkey.url, somebody(), usd("0.1")) == 50


def test_while_redis_is_down_nothing_is_reserved(mortal_valkey: Valkey) -> None:
    """Closed by default; after a kill and a restart all spending is there, and what was settled meanwhile counts."""

    async def play() -> None:
        clock, account = Clock(), somebody()
        budgets = RedisBudgets(mortal_valkey.url, timeout_seconds=30, clock=clock)
        first, second = await reserved(budgets, account, "2"), await reserved(budgets, account, "3")
        mortal_valkey.kill()
        with pytest.raises(Unavailable) as caught:
            await budgets.reserve(account, usd(0), DAILY, NOON)
        assert str(mortal_valkey.port) in (caught.value.where or "")
        await budgets.settle(first, usd("0.5"))
        await budgets.release(second)
        with pytest.raises(Unavailable):
            await budgets.spent(account, DAILY, NOON)
        mortal_valkey.start()
        with pytest.raises(Unavailable):
            await budgets.spent(account, DAILY, NOON)
        clock.pass_the_pause()
        assert await budgets.spent(account, DAILY, NOON) == usd(5)
        await reserved(budgets, account, "4.5")
        assert await budgets.spent(account, DAILY, NOON) == usd(5)
        await budgets.close()

    asyncio.run(play())


def test_an_answer_that_comes_too_late_strands_nothing(mortal_valkey: Valkey) -> None:
    """A Redis that hangs may have reserved all the same: it is given back when it is heard from again."""

    async def play() -> None:
        clock, account = Clock(), somebody()
        budgets = RedisBudgets(mortal_valkey.url, timeout_seconds=0.5, clock=clock)
        # Both scripts are known to the server from here on, and the connection is made.
        await budgets.release(await reserved(budgets, account, "5"))
        os.kill(mortal_valkey.process, signal.SIGSTOP)
        with pytest.raises(Unavailable):
            await budgets.reserve(account, usd(5), DAILY, NOON)
        os.kill(mortal_valkey.process, signal.SIGCONT)
        clock.pass_the_pause()
        patient = RedisBudgets(mortal_valkey.url, timeout_seconds=30)
        assert await patient.spent(account, DAILY, NOON) == usd(5)
        await reserved(budgets, account, "5")
        await patient.close()
        await budgets.close()

    asyncio.run(play())


def test_a_password_is_in_no_message() -> None:
    """An error names the machine and the port, and nothing else of the address."""

    async def play() -> None:
        budgets = RedisBudgets("redis://user:hunter2@127.0.0.1:1/0")
        with pytest.raises(Unavailable) as caught:
            await budgets.reserve(somebody(), usd(1), DAILY, NOON)
        assert "hunter2" not in str(caught.value) + repr(budgets)
        assert caught.value.where == "redis://127.0.0.1:1"

    asyncio.run(play())


def test_a_share_may_be_spent_while_redis_is_down(mortal_valkey: Valkey) -> None:
    """A tenth of the limit and not one cent more, over all outages of the period; it is told when Redis is back."""

    async def play() -> None:
        clock, account = Clock(), somebody()
        budgets = BoundedBudgets(RedisBudgets(mortal_valkey.url, timeout_seconds=30, clock=clock), Decimal("0.1"))
        before = await reserved(budgets, account, "4")
        mortal_valkey.kill()
        during = await reserved(budgets, account, "0.4")
        assert during.local
        said = await refused(budgets, account, "0.2")
        assert said.limit == DAILY
        await budgets.settle(before, usd(1))
        await budgets.settle(during, usd("0.3"))
        await budgets.settle(during, usd("0.4"))
        mortal_valkey.start()
        clock.pass_the_pause()
        after = await reserved(budgets, account, "3.7")
        assert not after.local
        assert await budgets.spent(account, DAILY, NOON) == usd(5)
        mortal_valkey.kill()
        await refused(budgets, account, "0.3")
        assert (await reserved(budgets, account, "0.2")).local
        assert await budgets.spent(account, DAILY, NOON) == usd("0.5")
        await budgets.close()

    asyncio.run(play())


@pytest.mark.parametrize("share", ["0", "-1", "1.1", "NaN"])
def test_a_share_is_more_than_nothing_and_at_most_all(share: str) -> None:
    """Who wants nothing to go on takes no share."""
    with pytest.raises(ParamsError):
        BoundedBudgets(RedisBudgets("redis://127.0.0.1:1"), Decimal(share))


def test_purses_go_when_nobody_needs_them(valkey: Valkey) -> None:
    """A day after its period's end Redis removes a purse by itself."""

    async def play() -> None:
        from redis.asyncio import Redis

        account = somebody()
        budgets = RedisBudgets(valkey.url, timeout_seconds=30)
        await reserved(budgets, account, "1", limit=replace(DAILY, period="hour"))
        redis = Redis.from_url(valkey.url)
        keys = [key async for key in redis.scan_iter(f"*{account.name}*")]
        assert len(keys) == 1
        assert 24 * 3600 < await redis.ttl(keys[0]) <= 25 * 3600
        await redis.aclose()
        await budgets.close()

    asyncio.run(play())
