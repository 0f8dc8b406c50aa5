"""Reads server-sent events (WHATWG HTML, section 9.2) off pieces of bytes, as far as language models use them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LONGEST_END = 4


async def event_data(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield each event's data; an event that is not closed by an empty line was cut off, and is left out."""
    buffer = b""
    async for piece in pieces:
        looked = max(len(buffer) - _LONGEST_END, 0)
        buffer += piece
        while end := _END.search(buffer, looked):
            event, buffer, looked = buffer[: end.start()], buffer[end.end() :], 0
            if data := _data(event):
                yield data


def _data(event: bytes) -> bytes:
    # bytes.splitlines knows the three line ends of the standard, and no others.
    fields = (line.partition(b":") for line in event.splitlines())
    return b"\n".join(value.removeprefix(b" ") for name, _, value in fields if name == b"data")
