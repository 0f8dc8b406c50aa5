"""The connection to an OpenAI-compatible endpoint, by aiohttp: asks once, and reads no more than anybody wants."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from roadworthy.providers.openai_failures import AnswerTooLong, Refusal
from roadworthy.providers.server_sent_events import event_data

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

ANSWER_BYTES = 16 * 2**20
"""The most that is read of one answer, before anything is parsed: an endless answer must not fill the memory."""

_DONE = b"[DONE]"


class OpenAIConnection:
    """Belongs to the event loop that first uses it. Raises what aiohttp raises, `Refusal` and `AnswerTooLong`."""

    def __init__(self, base_url: str, key: str, timeout_seconds: float) -> None:
        """`timeout_seconds` is for the connection, and for each wait after it."""
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            # A small answer that unpacks to a huge one would pass the bound.
            "Accept-Encoding": "identity",
        }
        self._timeout_seconds = timeout_seconds
        self._session: ClientSession | None = None
        self._proxy: str | None = None

    async def ask(self, body: Mapping[str, Any]) -> Any:
        """Return the JSON value that the endpoint answers with. Raises `ValueError` when it is none."""
        async with self._answer(body) as response:
            return json.loads(b"".join([piece async for piece in _bounded(response)]))

    async def events(self, body: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
        """Yield the JSON values of the events that the endpoint streams; `ValueError` as above."""
        async with (
            self._answer(body) as response,
            aclosing(event_data(_bounded(response))) as events,  # type: ignore[type-var]
        ):
            async for data in events:
                if data == _DONE:
                    return
                yield json.loads(data)

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @asynccontextmanager
    async def _answer(self, body: Mapping[str, Any]) -> AsyncIterator[ClientResponse]:
        session = self._opened()
        # A redirect would carry prompts to a place that nobody configured.
        asked = session.post(self._url, data=json.dumps(body).encode(), proxy=self._proxy, allow_redirects=False)
        async with asked as response:
            if not response.ok or response.status >= 300:
                raise await _refusal(response)
            yield response

    def _opened(self) -> ClientSession:
        if self._session is None:
            # Late imports: start-up time.
            from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

            seconds = self._timeout_seconds
            self._proxy = _proxy_for(self._url)
            self._session = ClientSession(
                # How many calls are under way is bounded in `resilience`.
                connector=TCPConnector(limit=0),
                headers=self._headers,
                timeout=ClientTimeout(total=None, connect=seconds, sock_connect=seconds, sock_read=seconds),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


def _proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for this address.

    Once, not by aiohttp at each call: that would take two changes of threads, and read passwords from ~/.netrc.
    """
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


async def _bounded(response: ClientResponse) -> AsyncIterator[bytes]:
    left = ANSWER_BYTES
    async for piece in response.content.iter_any():
        left -= len(piece)
        if left < 0:
            raise AnswerTooLong
        yield piece


async def _refusal(response: ClientResponse) -> Refusal:
    content = b"".join([piece async for piece in _bounded(response)])
    try:
        body = json.loads(content)
    except ValueError:
        body = content.decode(errors="replace")
    return Refusal(response.status, body, response.headers.get("Retry-After", ""))
