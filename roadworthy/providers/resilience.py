"""A provider that tries again, gives up in time, and leaves an endpoint alone that is down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from roadworthy.providers.circuit import Circuit
from roadworthy.providers.failures import RETRIED, CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Provider, Request

if TYPE_CHECKING:
    from tenacity import AsyncRetrying, RetryCallState

T = TypeVar("T")

Seconds = Annotated[float, Field(gt=0, le=3600)]


class Limits(BaseModel):
    """How long and how often is tried; none of it changes an answer, so none of it is part of an identity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout_seconds: Seconds = 60
    """For a whole call, with all attempts and the waits between them; waiting for a turn does not count."""
    attempts: int = Field(default=4, ge=1, le=10)
    wait_seconds: Seconds = 0.5
    """Before the second attempt; doubled for each one after it, with as much again at random."""
    longest_wait_seconds: Seconds = 30
    """The most that is waited between two attempts, whatever Retry-After says: beyond it, the call fails at once."""
    failures_to_open: int = Field(default=5, ge=1)
    """Unhealthy attempts in a row after which the circuit opens."""
    open_seconds: Seconds = 30
    """How long the endpoint is then left alone."""
    answer_characters: int = Field(default=100_000, ge=1)
    """The last bound on an answer's length."""
    concurrency: int = Field(default=8, ge=1)
    """How many calls are under way at once; the others wait for their turn."""


class Resilient:
    """Wraps a provider; belongs to one event loop, whose calls share the circuit and the turns."""

    def __init__(self, provider: Provider, limits: Limits = Limits()) -> None:  # noqa: B008  (frozen)
        self._provider = provider
        self._limits = limits
        self._where = _place(provider.identity)
        self._circuit = Circuit(limits.failures_to_open, limits.open_seconds, self._where)
        self._turns = asyncio.Semaphore(limits.concurrency)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The wrapped provider's own."""
        return self._provider.identity

    async def complete(self, request: Request) -> Completion:
        """Return the whole answer, after as many attempts as it takes and the limits allow."""
        async with self._turns:
            deadline = self._deadline()
            completion = await self._tried(lambda: self._provider.complete(request), deadline)
        self._check_length(len(completion.text))
        return completion

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the answer's pieces and the completion; another attempt is made only as long as none was yielded."""
        async with self._turns:
            deadline = self._deadline()
            pieces, piece = await self._tried(lambda: _begun(self._provider.stream(request)), deadline)
            characters = 0
            async with aclosing(pieces):
                while piece is not None:
                    characters += len(piece) if isinstance(piece, str) else 0
                    self._check_length(characters)
                    yield piece
                    piece = await self._in_time(lambda: anext(pieces, None), deadline)

    def warm(self) -> None:
        """See `Provider.warm`."""
        self._circuit.warm()
        self._provider.warm()

    async def close(self) -> None:
        """Close the wrapped provider."""
        await self._provider.close()

    async def _tried(self, call: Callable[[], Awaitable[T]], deadline: float) -> T:
        try:
            return await self._circuit.run(lambda: self._in_time(call, deadline))
        except CallFailed as error:
            if error.kind not in RETRIED or self._limits.attempts == 1:
                raise
            failed = [error]

        async def attempt() -> T:
            # The first attempt was made without tenacity, which takes a fifth of a call's time, and is told to it here.
            if failed:
                raise failed.pop()
            return await self._circuit.run(lambda: self._in_time(call, deadline))

        return await self._retrying(deadline)(attempt)

    async def _in_time(self, call: Callable[[], Awaitable[T]], deadline: float) -> T:
        try:
            async with asyncio.timeout_at(deadline):
                return await call()
        except TimeoutError as error:
            problem = f"the model did not answer within {self._limits.timeout_seconds:g} s"
            raise self._failed(FailureKind.TIMEOUT, problem, "try again later, or raise timeout_seconds") from error

    def _retrying(self, deadline: float) -> AsyncRetrying:
        # Late imports: start-up time.
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

        def too_late(state: RetryCallState) -> bool:
            wait = state.upcoming_sleep
            return wait > self._limits.longest_wait_seconds or _now() + wait >= deadline

        return AsyncRetrying(
            stop=stop_after_attempt(self._limits.attempts) | too_late,  # type: ignore[operator]
            wait=self._wait,
            retry=retry_if_exception(lambda error: isinstance(error, CallFailed) and error.kind in RETRIED),
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        """Return how long to wait: twice as long each time, with jitter, and no less than the endpoint asks for."""
        from tenacity import wait_random

        base = min(self._limits.wait_seconds * 2.0 ** (state.attempt_number - 1), self._limits.longest_wait_seconds / 2)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, CallFailed) else None
        return max(base + wait_random(0, base)(state), asked or 0.0)

    def _deadline(self) -> float:
        return _now() + self._limits.timeout_seconds

    def _check_length(self, characters: int) -> None:
        if characters > self._limits.answer_characters:
            problem = f"the answer is longer than {self._limits.answer_characters} characters"
            raise self._failed(FailureKind.TOO_LONG, problem, "lower max_tokens, or raise answer_characters")

    def _failed(self, kind: FailureKind, problem: str, remedy: str) -> CallFailed:
        return CallFailed(problem, kind=kind, where=self._where, remedy=remedy)


def _place(identity: Mapping[str, Any]) -> str:
    return " ".join(str(identity[name]) for name in ("kind", "base_url", "model", "sha256") if name in identity)


async def _begun(pieces: AsyncIterator[str | Completion]) -> tuple[Any, str | Completion | None]:
    """Return a stream with its first piece, which is None when there is none."""
    return pieces, await anext(pieces, None)


def _now() -> float:
    return asyncio.get_running_loop().time()
