"""A language model behind any OpenAI-compatible endpoint, by the official SDK."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from roadworthy.providers.failures import CallFailed
from roadworthy.providers.interface import Completion, Request
from roadworthy.providers.openai_answer import completion_of
from roadworthy.providers.openai_failures import AnswerTooLong, as_failure, garbage, refuses_to_count
from roadworthy.providers.openai_stream import StreamedAnswer
from roadworthy.providers.wire import chat_body, checked

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LIKELIEST = 20
"""How many first tokens are looked at for `choices`: the most that OpenAI reports."""

ANSWER_BYTES = 16 * 2**20
"""The most that is read of one answer, before anything is parsed: an endless answer must not fill the memory."""

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
        self._timeout_seconds = timeout_seconds
        self._length_limit_field = length_limit_field
        self._counts_streams = True
        self._client: AsyncOpenAI | None = None

    @property
    def identity(self) -> Mapping[str, Any]:
        """Where the model is and what it is called there."""
        return {"kind": "openai", "base_url": self._base_url, "model": self._model}

    async def complete(self, request: Request) -> Completion:
        """Return the whole answer, which satisfies the request's schema."""
        started = time.perf_counter()
        try:
            answer = await self._opened().chat.completions.create(**self._body(request))
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

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _chunks(self, request: Request) -> AsyncGenerator[Any, None]:
        try:
            async with await self._begun(request) as chunks:
                async for chunk in chunks:
                    if isinstance(chunk, str):
                        raise garbage(self._where)
                    yield chunk
        except Exception as error:
            raise self._failure(error) from error

    async def _begun(self, request: Request) -> Any:
        """Begin a stream that counts its tokens, or one that does not when the endpoint refuses to."""
        create, body = self._opened().chat.completions.create, self._body(request) | {"stream": True}
        if self._counts_streams:
            try:
                return await create(**body, stream_options={"include_usage": True})
            except Exception as error:
                if not refuses_to_count(error):
                    raise
                self._counts_streams = False
        return await create(**body)

    def _body(self, request: Request) -> dict[str, Any]:
        body = chat_body(request, LIKELIEST) | {"model": self._model}
        body[self._length_limit_field] = body.pop("max_tokens")
        return body

    def _opened(self) -> AsyncOpenAI:
        if self._client is None:
            # Late imports: start-up time.
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient

            # A redirect would carry prompts to a place that nobody configured.
            http = DefaultAsyncHttpxClient(follow_redirects=False, event_hooks={"response": [_bounded]})
            self._client = AsyncOpenAI(
                base_url=self._base_url,
                api_key=self._key,
                # Retries are ours, in `resilience`, where they are bounded together with the time.
                max_retries=0,
                timeout=self._timeout_seconds,
                http_client=http,
                # A small answer that unpacks to a huge one would pass the bound.
                default_headers={"Accept-Encoding": "identity"},
            )
        return self._client

    def _failure(self, error: Exception) -> CallFailed:
        return as_failure(error, self._where, self._model, self._key)

    @property
    def _where(self) -> str:
        return f"{self._base_url} (model {self._model})"


async def _bounded(response: Any) -> None:
    """Stop reading an answer at `ANSWER_BYTES`; a hook, because a transport of our own would lose the proxies."""
    from httpx2 import AsyncByteStream

    inner = response.stream

    class Bounded(AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = ANSWER_BYTES
            async for piece in inner:
                left -= len(piece)
                if left < 0:
                    raise AnswerTooLong
                yield piece

        async def aclose(self) -> None:
            await inner.aclose()

    response.stream = Bounded()
