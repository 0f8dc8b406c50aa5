"""Moving windows in Redis, by the library `limits`: one count for all workers and machines."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from roadworthy.access.rate_limit import RateLimit
from roadworthy.access.rates.outage import Outage
from roadworthy.errors import Unavailable, UsageError

_log = logging.getLogger(__name__)
_PREFIX = "roadworthy:rates"
_MOST_REMEMBERED = 10_000
_REMEMBERED_SECONDS = 1.0


@dataclass
class RedisWindows:
    """See `Windows`; for one event loop. The clocks of machines that share a limit should agree to a fraction of it."""

    url: str = field(repr=False)
    """Such as redis://:PASSWORD@HOST:6379/0; rediss:// for TLS."""
    timeout_seconds: float = 0.1
    """For one call, with all it needs."""
    connections: int = 32
    outage: Outage = field(default_factory=Outage)
    _limiter: Any = field(default=None, init=False, repr=False)
    _pool: Any = field(default=None, init=False, repr=False)
    _full_until: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    async def take(self, name: str, limit: RateLimit, cost: int = 1) -> float:
        """See `Windows.take`."""
        known = self._full_until.get(name, 0.0) - time.monotonic()
        if known > 0.0:
            return known
        wait = await self._reach(lambda: self._take(name, limit, cost))
        if wait > 0.0:
            self._remember(name, wait)
        return wait

    async def wait(self, name: str, limit: RateLimit, cost: int = 1) -> float:
        """See `Windows.wait`."""
        return await self._reach(lambda: self._wait(name, limit, cost))

    def prepare(self) -> None:
        """Load the client, which takes a second, and reach nothing yet. Raises `UsageError` for a wrong address."""
        self._strategy()

    async def aclose(self) -> None:
        """See `Windows.aclose`."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _take(self, name: str, limit: RateLimit, cost: int) -> float:
        limiter, item = self._strategy(), _item(limit)
        return 0.0 if await limiter.hit(item, name, cost=cost) else await _until_room(limiter, item, name)

    async def _wait(self, name: str, limit: RateLimit, cost: int) -> float:
        limiter, item = self._strategy(), _item(limit)
        return 0.0 if await limiter.test(item, name, cost=cost) else await _until_room(limiter, item, name)

    def _remember(self, name: str, wait: float) -> None:
        """Answer who calls on against a full window without asking Redis, which reads the whole window each time."""
        if len(self._full_until) >= _MOST_REMEMBERED:
            self._full_until.clear()
        self._full_until[name] = time.monotonic() + min(wait, _REMEMBERED_SECONDS)

    async def _reach(self, call: Callable[[], Awaitable[float]]) -> float:
        from redis.exceptions import RedisError

        if not self.outage.may_try():
            raise _down()
        self.prepare()
        try:
            async with asyncio.timeout(self.timeout_seconds):
                wait = await call()
        except (RedisError, OSError) as error:  # TimeoutError is an OSError.
            if self.outage.failed():
                # The class alone: a message could hold the address with its password.
                _log.error("the shared rate limits can't be reached: %s", type(error).__name__)
            raise _down() from None
        if self.outage.worked():
            _log.warning("the shared rate limits can be reached again")
        return wait

    def _strategy(self) -> Any:
        if self._limiter is None:
            # Late imports: start-up time.
            from limits.aio.storage import RedisStorage
            from limits.aio.strategies import MovingWindowRateLimiter

            self._pool = _pool(self.url, self.connections, self.timeout_seconds)
            storage = RedisStorage(self.url, implementation="redispy", key_prefix=_PREFIX, connection_pool=self._pool)
            self._limiter = MovingWindowRateLimiter(storage)
        return self._limiter


def _pool(url: str, connections: int, seconds: float) -> Any:
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    try:
        return BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=seconds,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            # Once, for a connection that was cut while it lay idle; all within the time for the call.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        raise UsageError(
            "the address of Redis is none", where="redis_url", remedy="write redis://HOST:PORT/0"
        ) from None


def _item(limit: RateLimit) -> Any:
    from limits import RateLimitItemPerSecond

    return RateLimitItemPerSecond(limit.amount, limit.seconds)


async def _until_room(limiter: Any, item: Any, name: str) -> float:
    stats = await limiter.get_window_stats(item, name)
    # Another worker's call may have left the window just now: then the answer is "at once", and not "taken".
    return max(float(stats.reset_time) - time.time(), 0.001)


def _down() -> Unavailable:
    return Unavailable(
        "the shared rate limits can't be reached",
        where="redis_url",
        remedy="bring Redis back; it is tried again by itself",
    )
