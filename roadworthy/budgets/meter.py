"""A meter before a model: it counts what one exchange costs, call by call, and lets no call through that may cost more
than was reserved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from roadworthy.budgets.worst_case import request_bound
from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Provider, Request
from roadworthy.providers.prices import Money, Price, cost

UNPAID = frozenset(
    {
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_ERROR,
        FailureKind.REFUSED,
        FailureKind.WRONG_KEY,
        FailureKind.NO_CREDIT,
        FailureKind.UNKNOWN_MODEL,
        FailureKind.BROKEN_MODEL,
        FailureKind.CIRCUIT_OPEN,
    }
)
"""Failures of which nobody sends a bill: the model wrote nothing. The others may have cost the whole call."""


class Meter:
    """A `Provider` for one exchange. A call that failed half-way, or whose caller left, counts with its worst case.

    A second provider gets a meter and a reservation of its own: the first one's failed call may have been paid for.
    """

    def __init__(self, provider: Provider, price: Price, reserved: Money) -> None:
        self._provider = provider
        self._price = price
        self._reserved = reserved
        self._spent = Decimal(0)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The wrapped provider's own."""
        return self._provider.identity

    @property
    def exact(self) -> Money:
        """What the exchange has cost so far: what to settle."""
        return Money(self._spent, self._price.currency)

    async def complete(self, request: Request) -> Completion:
        """Return the whole answer. Raises `CallFailed` for a call that could cost more than is left."""
        worst = self._begin(request)
        try:
            completion = await self._provider.complete(request)
        except CallFailed as failure:
            self._fail(failure, worst)
            raise
        self._end(completion, worst)
        return completion

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the answer's pieces and the completion; raises as `complete` does."""
        worst = self._begin(request)
        try:
            async with aclosing(self._provider.stream(request)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    if isinstance(piece, Completion):
                        self._end(piece, worst)
                        worst = Decimal(0)
                    yield piece
        except CallFailed as failure:
            self._fail(failure, worst)
            raise

    def warm(self) -> None:
        """See `Provider.warm`."""
        self._provider.warm()

    async def close(self) -> None:
        """Close nothing: the provider belongs to all exchanges."""

    def _begin(self, request: Request) -> Decimal:
        worst = cost(request_bound(request), self._price).amount
        if self._spent + worst > self._reserved.amount:
            raise CallFailed(
                "the call could cost more than was reserved for the exchange",
                kind=FailureKind.NO_CREDIT,
                where="budget",
                remedy="the bound is too small for this prompt: see roadworthy/budgets/worst_case.py",
            )
        self._spent += worst
        return worst

    def _end(self, completion: Completion, worst: Decimal) -> None:
        exact = Decimal(0) if completion.cached else cost(completion.usage, self._price).amount
        self._spent += exact - worst

    def _fail(self, failure: CallFailed, worst: Decimal) -> None:
        if failure.kind in UNPAID:
            self._spent -= worst
