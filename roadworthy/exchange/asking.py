"""Asks the model, and the second one when the first fails."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from roadworthy.errors import ProviderFailed
from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.course import Course
from roadworthy.providers.interface import Completion, Provider, Request


async def ask(
    assistant: Assistant, request: Request, course: Course, name: str
) -> AsyncGenerator[str | Completion, None]:
    """Yield the pieces of what the model says, if they are wanted, and at last the completion.

    `name` is what this is called in the trace. When the first provider breaks off after its first piece, the second is
    asked for the whole: its completion is what counts. Raises `ProviderFailed` when the last one fails.
    """
    begun = False
    try:
        async with aclosing(_asked(assistant.provider, request, course, name, course.streams)) as pieces:
            async for piece in pieces:
                begun = True
                yield piece
        return
    except ProviderFailed:
        if assistant.second_provider is None:
            raise
    course.fallback = "second_provider"
    streams = course.streams and not begun
    async with aclosing(_asked(assistant.second_provider, request, course, f"{name} (second)", streams)) as pieces:
        async for piece in pieces:
            yield piece


async def completed(assistant: Assistant, request: Request, course: Course, name: str) -> Completion:
    """Return the whole of what the model says."""
    try:
        return await _completed(assistant.provider, request, course, name)
    except ProviderFailed:
        if assistant.second_provider is None:
            raise
    course.fallback = "second_provider"
    return await _completed(assistant.second_provider, request, course, f"{name} (second)")


async def _asked(
    provider: Provider, request: Request, course: Course, name: str, streams: bool
) -> AsyncGenerator[str | Completion, None]:
    if not streams:
        yield await _completed(provider, request, course, name)
        return
    completion: Completion | None = None
    with course.span(name) as details:
        async with aclosing(provider.stream(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, Completion):
                    completion = course.completed(piece)
                    details.append(_told(piece))
                else:
                    yield piece
    if completion is None:
        raise ProviderFailed("the model's answer has no end", remedy="see the provider's stream()")
    yield completion


async def _completed(provider: Provider, request: Request, course: Course, name: str) -> Completion:
    with course.span(name) as details:
        completion = course.completed(await provider.complete(request))
        details.append(_told(completion))
    return completion


def _told(completion: Completion) -> str:
    return f"{completion.usage.completion_tokens} tokens{', cached' if completion.cached else ''}"
