"""Limits how often a key, and each of its users, may call; in this process, or shared by all workers through Redis."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Literal

from roadworthy.access.keys import Key
from roadworthy.access.rate_limit import RateLimit, parse_rate
from roadworthy.access.rates.interface import Admitted, Limited, LimitScope, Windows
from roadworthy.access.rates.memory_windows import MemoryWindows
from roadworthy.access.rates.redis_windows import RedisWindows
from roadworthy.errors import Unavailable

_ADMITTED = Admitted()
OUTAGE_RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class RateSettings:
    """Where calls are counted."""

    redis_url: str | None = field(default=None, repr=False)
    """None: each process counts for itself, which is right for one worker."""
    on_outage: Literal["refuse", "local"] = "refuse"
    """Without Redis: refuse every call that has a limit; or let each worker count for itself, to its share."""
    workers: int = 1
    """How many workers share a limit."""
    timeout_seconds: float = 0.1


@dataclass(frozen=True)
class Rates:
    """The limits of all keys; for one event loop."""

    windows: Windows
    fallback: Windows | None = None
    """Where calls are counted while `windows` can't be reached; None: they are refused."""
    workers: int = 1
    """In the fallback each of them allows its share: all together no more than the limit, but at least one each."""

    async def admit(self, key: Key, user: str = "", cost: int = 1) -> Admitted | Limited:
        """Count a call of `cost` of a key and, when the application named one, its user; or say why it may not be made.

        What is refused by the user's own limit takes nothing from the key's, so that one user can't lock out others.
        """
        if key.rate is None and key.user_rate is None:
            return _ADMITTED
        try:
            return await _admit(self.windows, key, user, cost, 1)
        except Unavailable:
            if self.fallback is None:
                return Limited(OUTAGE_RETRY_SECONDS, LimitScope.OUTAGE)
            return await _admit(self.fallback, key, user, cost, self.workers)

    async def aclose(self) -> None:
        """Let connections go."""
        await self.windows.aclose()


def build_rates(settings: RateSettings) -> Rates:
    """Return the limits as they are set. Redis is reached for the first time when a call is counted.

    Raises `UsageError` when its address is none.
    """
    if settings.redis_url is None:
        return Rates(MemoryWindows())
    windows = RedisWindows(settings.redis_url, timeout_seconds=settings.timeout_seconds)
    windows.prepare()
    fallback = MemoryWindows() if settings.on_outage == "local" else None
    return Rates(windows, fallback, settings.workers)


async def _admit(windows: Windows, key: Key, user: str, cost: int, workers: int) -> Admitted | Limited:
    of_key = _limit(key.rate, workers) if key.rate else None
    of_user = _limit(key.user_rate, workers) if key.user_rate and user else None
    name = f"key:{key.id}"
    if of_user is not None:
        # Looked at before the user's, so that a call which the key's limit refuses takes nothing from the user's.
        wait = await windows.wait(name, of_key, cost) if of_key is not None else 0.0
        if wait > 0.0:
            return Limited(wait, LimitScope.KEY)
        wait = await windows.take(_user_name(key, user), of_user, cost)
        if wait > 0.0:
            return Limited(wait, LimitScope.USER)
    wait = await windows.take(name, of_key, cost) if of_key is not None else 0.0
    return Limited(wait, LimitScope.KEY) if wait > 0.0 else _ADMITTED


def _user_name(key: Key, user: str) -> str:
    # A digest: of any length and with any signs, and no name of a person lies in Redis.
    return f"user:{key.id}:{blake2b(user.encode(errors='surrogatepass'), digest_size=16).hexdigest()}"


@lru_cache(maxsize=4096)
def _limit(text: str, workers: int) -> RateLimit:
    whole = parse_rate(text)
    return whole if workers == 1 else RateLimit(max(1, whole.amount // workers), whole.seconds)
