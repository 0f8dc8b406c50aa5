"""Loads an HTTP server from a process of its own: so many connections, each asking again as soon as it is answered.

`python -m benchmarks.http_load --help`. Written by hand, because a client library takes more of a processor than the
servers that are measured: it keeps connections open (HTTP/1.1), sends prepared bytes, and of an answer reads the
status, Content-Length and the body's bytes. Bodies come from a file, one JSON document a line, and each connection
sends them in an order of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import time
from collections import Counter
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE_SECONDS = 30.0
"""So long after the end the last answers may come."""


class _Connection(asyncio.Protocol):
    """Asks, waits for the answer, notes how long it took, and asks again."""

    def __init__(self, requests: list[bytes], ends: float) -> None:
        self._requests, self._ends = requests, ends
        self._buffer = b""
        self._asked = 0.0
        self._number = 0
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is none by its class.
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end + 2)
        if length is None or len(self._buffer) < end + 4 + int(length[1]):
            return
        self.seconds.append(time.perf_counter() - self._asked)
        self.statuses[self._buffer[9:12].decode()] += 1
        self._buffer = b""
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.statuses["connection lost"] += 1
            self.done.set_result(None)

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        if self._asked >= self._ends:
            self.done.set_result(None)
            self._transport.close()
            return
        self._transport.write(self._requests[self._number % len(self._requests)])
        self._number += 1


async def load(url: str, bodies: list[bytes], connections: int, seconds: float) -> list[_Connection]:
    """Load `url` and return the connections when their time is over."""
    parts = urlsplit(url)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\nContent-Length: "
    requests = [head.encode() + str(len(body)).encode() + b"\r\n\r\n" + body for body in bodies]
    ends = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()

    async def connect(number: int) -> _Connection:
        shuffled = random.Random(number).sample(requests, len(requests))  # noqa: S311
        _, connection = await loop.create_connection(lambda: _Connection(shuffled, ends), parts.hostname, parts.port)
        return connection

    async with asyncio.timeout(seconds + _PATIENCE_SECONDS):
        found = await asyncio.gather(*(connect(number) for number in range(connections)))
        await asyncio.gather(*(one.done for one in found))
    return found


def figures(connections: list[_Connection], seconds: float) -> dict[str, object]:
    """Return what was measured; times in milliseconds."""
    taken = sorted(time for one in connections for time in one.seconds)
    statuses = sum((one.statuses for one in connections), Counter())
    good = statuses.get("200", 0)
    return {
        "requests/s": round(good / seconds, 1),
        "p50 ms": round(taken[len(taken) // 2] * 1000, 2),
        "p99 ms": round(taken[int(len(taken) * 0.99)] * 1000, 2),
        "answered": good,
        "errors": sum(statuses.values()) - good,
        "statuses": dict(statuses),
    }


def main() -> None:
    """Read the command line, load, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path, help="a file with a JSON document a line")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    bodies = given.bodies.read_bytes().splitlines()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(load(given.url, bodies, given.connections, given.seconds))
    print(json.dumps(figures(found, given.seconds)))


if __name__ == "__main__":
    main()
