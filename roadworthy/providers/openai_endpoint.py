"""A language model behind any OpenAI-compatible endpoint."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Literal

from roadworthy.providers.failures import CallFailed
from roadworthy.providers.interface import Completion, Request
from roadworthy.providers.openai_answer import completion_of
from roadworthy.providers.openai_connection import OpenAIConnection
from roadworthy.providers.openai_failures import as_failure, failed_in_the_middle, refuses_to_count
from roadworthy.providers.openai_stream import StreamedAnswer
from roadworthy.providers.wire import chat_body, checked

LIKELIEST = 20
"""How many first tokens are looked at for `choices`: the most that OpenAI reports."""

NO_KEY = "none"

LengthLimitField = Literal["max_tokens", "max_completion_tokens"]


class OpenAIProvider:
    """Makes one attempt per call, and belongs to the event loop that first uses it.

    `length_limit_field` is how the endpoint names the response length limit; OpenAI's own reasoning models want
    `max_completion_tokens`.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        key: str | None,
        *,
        timeout_seconds: float = 60,
        length_limit_field: LengthLimitField = "max_tokens",
    ) -> None:
        self._base_url = base_url
        self._model = model
        self._key = key or NO_KEY
        self._length_limit_field = length_limit_field
        self._counts_streams = True
        self._connection = OpenAIConnection(base_url, self._key, timeout_seconds)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Where the model is and what it is called there."""
        return {"kind": "openai", "base_url": self._base_url, "model": self._model}

    async def complete(self, request: Request) -> Completion:
        """Return the whole answer, which satisfies the request's schema."""
        started = time.perf_counter()
        try:
            answer = await self._connection.ask(self._body(request))
        except Exception as error:
            raise self._failure(error) from error
        seconds = time.perf_counter() - started
        return checked(completion_of(answer, request, seconds, self._where), request, self._where)

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the answer's text as it arrives, and the completion; one that ends in the middle raises at its end."""
        if request.choices:
            chosen = await self.complete(request)
            yield chosen.text
            yield chosen
            return
        started = time.perf_counter()
        streamed = StreamedAnswer(self._model, self._where)
        async with aclosing(self._chunks(request)) as chunks:
            async for chunk in chunks:
                if piece := streamed.hear(chunk):
                    yield piece
        yield checked(streamed.completion(request, time.perf_counter() - started), request, self._where)

    def warm(self) -> None:
        """See `Provider.warm`: the client's library takes half a second."""
        import aiohttp  # noqa: F401

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def _chunks(self, request: Request) -> AsyncGenerator[Any, None]:
        try:
            async with aclosing(self._counted(request)) as chunks:
                async for chunk in chunks:
                    if isinstance(chunk, dict) and chunk.get("error"):
                        raise failed_in_the_middle(chunk, self._where, self._key)
                    yield chunk
        except Exception as error:
            raise self._failure(error) from error

    async def _counted(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield a stream's chunks, with its tokens counted, or without when the endpoint refuses to."""
        body = self._body(request) | {"stream": True}
        if self._counts_streams:
            counting = body | {"stream_options": {"include_usage": True}}
            try:
                async with aclosing(self._connection.events(counting)) as chunks:
                    async for chunk in chunks:
                        yield chunk
                return
            except Exception as error:
                # Only a stream that has not begun can be refused.
                if not refuses_to_count(error):
                    raise
                self._counts_streams = False
        async with aclosing(self._connection.events(body)) as chunks:
            async for chunk in chunks:
                yield chunk

    def _body(self, request: Request) -> dict[str, Any]:
        body = chat_body(request, LIKELIEST) | {"model": self._model}
        body[self._length_limit_field] = body.pop("max_tokens")
        return body

    def _failure(self, error: Exception) -> CallFailed:
        return as_failure(error, self._where, self._model, self._key)

    @property
    def _where(self) -> str:
        return f"{self._base_url} (model {self._model})"
