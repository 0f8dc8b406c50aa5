"""Requests, and ways to run them, that several tests of providers share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roadworthy.providers.failures import CallFailed
from roadworthy.providers.interface import Completion, Message, Provider, Request, Sampling

CAPITAL = "Name the capital of France."
YES_OR_NO = "Is Paris in France? Answer yes or no."
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 10}},
    "required": ["name"],
    "additionalProperties": False,
}


def asking(text: str, *, max_tokens: int = 12, stop: tuple[str, ...] = (), **more: Any) -> Request:
    """A request with a system message and one question."""
    messages = (Message("system", "You are brief."), Message("user", text))
    return Request(messages, Sampling(max_tokens=max_tokens, stop=stop), **more)


def completed(provider: Provider, request: Request) -> Completion:
    """Run one request and close the provider, in an event loop of its own."""
    return used(provider, lambda: provider.complete(request))


def streamed(provider: Provider, request: Request) -> list[str]:
    """The pieces of an answer."""
    return [piece for piece in heard(provider, request) if isinstance(piece, str)]


def heard(provider: Provider, request: Request) -> list[str | Completion]:
    """All that a stream yields."""

    async def collect() -> list[str | Completion]:
        return [piece async for piece in provider.stream(request)]

    return used(provider, collect)


def failure(provider: Provider, request: Request, *, stream: bool = False) -> CallFailed:
    """The failure that a request ends with."""
    with pytest.raises(CallFailed) as caught:
        streamed(provider, request) if stream else completed(provider, request)
    return caught.value


def used(provider: Provider, use: Callable[[], Awaitable[Any]]) -> Any:
    """Run `use` and then close the provider, both in one event loop."""

    async def run() -> Any:
        try:
            return await use()
        finally:
            await provider.close()

    return asyncio.run(run())
