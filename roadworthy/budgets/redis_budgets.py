"""Budgets in Redis: for gateways on several machines, who share one purse."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Exceeded, Reservation
from roadworthy.budgets.purse import limit_nanos, money, purse_of, reserved_nanos, settled_nanos
from roadworthy.budgets.redis_scripts import RESERVE, SETTLE
from roadworthy.budgets.refusal import PATIENCE, refuse
from roadworthy.errors import Unavailable
from roadworthy.providers.prices import Money

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

PREFIX = "roadworthy:budget:"
PAUSE_SECONDS = 0.25
"""So long nobody asks a Redis that did not answer: requests are not to queue up behind a dead machine."""
MOST_UNSETTLED = 10_000


class RedisBudgets:
    """See `Budgets`. For one event loop; connects at the first use, and again after an outage.

    Redis has to keep what it is told: `appendonly yes` with `appendfsync always`, and no eviction. With `everysec` a
    Redis that dies forgets up to a second's spending. While it is down, every reservation is refused with
    `Unavailable`; `BoundedBudgets` around it allows a share instead.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._timeout = timeout_seconds
        self._clock = clock
        self._down_until = -math.inf
        self._unsettled: dict[Reservation, int] = {}
        self._redis: Redis | None = None
        self._scripts: dict[str, AsyncScript] = {}

    async def reserve(
        self, account: Account, worst_case: Money, limit: BudgetLimit, now: datetime
    ) -> Reservation | Exceeded:
        """See `Budgets.reserve`."""
        reservation = Reservation(uuid4().hex, purse_of(account, limit, now), reserved_nanos(worst_case, limit))
        await self._catch_up()
        try:
            said = await self._run(RESERVE, reservation.purse.key, _reserving(reservation, limit, now))
        except (Unavailable, asyncio.CancelledError):
            # It may have been reserved all the same.
            self._remember(reservation, 0)
            raise
        if said[0]:
            return reservation
        return refuse(reservation.nanos, int(said[1]), int(said[2]), reservation.purse, limit, now)

    async def settle(self, reservation: Reservation, exact: Money) -> None:
        """See `Budgets.settle`."""
        nanos = settled_nanos(exact, reservation.purse)
        try:
            await self._settle(reservation, nanos)
        except Unavailable:
            self._remember(reservation, nanos)
        except asyncio.CancelledError:
            self._remember(reservation, nanos)
            raise

    async def release(self, reservation: Reservation) -> None:
        """See `Budgets.release`."""
        await self.settle(reservation, money(0, reservation.purse.currency))

    async def spent(self, account: Account, limit: BudgetLimit, now: datetime) -> Money:
        """See `Budgets.spent`."""
        key = PREFIX + purse_of(account, limit, now).key
        return money(int(await self._asked(lambda: self._client().hget(key, "total")) or 0), limit.currency)

    async def close(self) -> None:
        """See `Budgets.close`."""
        if self._redis is not None:
            await self._redis.aclose()
        self._redis, self._scripts = None, {}

    async def _catch_up(self) -> None:
        """Settle what could not be settled before, or was cut off."""
        for reservation, nanos in list(self._unsettled.items()):
            await self._settle(reservation, nanos)
            self._unsettled.pop(reservation, None)

    def _remember(self, reservation: Reservation, nanos: int) -> None:
        # In a long outage each attempt is remembered; what is over the bound stays reserved until its period ends.
        if len(self._unsettled) < MOST_UNSETTLED:
            self._unsettled[reservation] = nanos

    async def _settle(self, reservation: Reservation, nanos: int) -> None:
        await self._run(SETTLE, reservation.purse.key, (reservation.id, nanos - reservation.nanos))

    async def _run(self, script: str, purse: str, arguments: Sequence[str | int]) -> Any:
        return await self._asked(lambda: self._script(script)(keys=[PREFIX + purse], args=list(arguments)))

    async def _asked(self, ask: Callable[[], Any]) -> Any:
        # Late imports: start-up time.
        from redis.exceptions import RedisError

        if self._clock() < self._down_until:
            raise self._unavailable("it did not answer a moment ago")
        try:
            return await ask()
        except (RedisError, OSError) as error:
            self._down_until = self._clock() + PAUSE_SECONDS
            raise self._unavailable(f"{type(error).__name__}: {error}") from error

    def _script(self, text: str) -> AsyncScript:
        if text not in self._scripts:
            self._scripts[text] = self._client().register_script(text)
        return self._scripts[text]

    def _client(self) -> Redis:
        if self._redis is None:
            from redis.asyncio import Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            # A second try, because a connection that lay idle over a restart fails at its first use.
            self._redis = Redis.from_url(
                self._url,
                socket_timeout=self._timeout,
                socket_connect_timeout=self._timeout,
                retry=Retry(NoBackoff(), 1),
                decode_responses=True,
            )
        return self._redis

    def _unavailable(self, problem: str) -> Unavailable:
        address = urlsplit(self._url)
        return Unavailable(
            f"Redis, which keeps the budgets, can't be used: {problem}",
            where=f"{address.scheme}://{address.hostname or ''}:{address.port or 6379}",
            remedy="start it, or check the address; requests with a budget wait for it, unless a share is allowed",
        )


def _reserving(reservation: Reservation, limit: BudgetLimit, now: datetime) -> tuple[str | int, ...]:
    linger = math.ceil((reservation.purse.forgotten - now).total_seconds())
    since, oldest = int(now.timestamp()), int((now - PATIENCE).timestamp())
    worst = reservation.nanos
    return worst, -worst, limit_nanos(limit), reservation.id, since, oldest, linger
