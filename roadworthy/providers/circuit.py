"""Stops asking an endpoint that is down, by purgatory's circuit breaker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from roadworthy.providers.failures import UNHEALTHY, CallFailed, FailureKind

T = TypeVar("T")


class Circuit:
    """Opens after `failures` unhealthy calls in a row, and lets calls through again `seconds` later.

    The first of those decides: it closes the circuit, or opens it again. For one event loop.
    """

    def __init__(self, failures: int, seconds: float, where: str) -> None:
        self._failures = failures
        self._seconds = seconds
        self._where = where
        self._factory: Any = None

    def warm(self) -> None:
        """Load the library, which takes a fifth of a second; not for an event loop."""
        import purgatory  # noqa: F401

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what `call` gives, or raise `CallFailed` of the kind `CIRCUIT_OPEN` without making it."""
        breaker = await self._breaker()
        await self._enter(breaker)
        try:
            given = await call()
        except asyncio.CancelledError:
            # The caller gave up, which says nothing about the endpoint: left without a word to the breaker.
            raise
        except BaseException as error:
            await breaker.__aexit__(type(error), error, None)
            raise
        await breaker.__aexit__(None, None, None)
        return given

    async def _enter(self, breaker: Any) -> None:
        from purgatory.domain.model import OpenedState

        try:
            await breaker.__aenter__()
        except OpenedState:
            # Not chained: purgatory raises the same object each time, which would collect tracebacks.
            raise CallFailed(
                f"the model is not asked: its last {self._failures} calls failed",
                kind=FailureKind.CIRCUIT_OPEN,
                where=self._where,
                remedy=f"see the failures before; it is asked again {self._seconds:g} s after the last of them",
            ) from None

    async def _breaker(self) -> Any:
        if self._factory is None:
            # Late imports: start-up time.
            from purgatory import AsyncCircuitBreakerFactory

            self._factory = AsyncCircuitBreakerFactory(
                self._failures, self._seconds, exclude=[(Exception, _is_healthy)]
            )
        return await self._factory.get_breaker("provider")


def _is_healthy(error: BaseException) -> bool:
    """Tell whether the endpoint works although this call failed: a wrong key, say."""
    return isinstance(error, CallFailed) and error.kind not in UNHEALTHY
