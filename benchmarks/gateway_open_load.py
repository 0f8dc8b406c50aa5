"""Asks a gateway at a fixed rate, whatever becomes of the requests before (an open loop), from a process of its own.

`python -m benchmarks.gateway_open_load URL BODIES --rate 200 --seconds 10` writes an empty line as it begins, and at
its end a JSON line per request: when it was due (by the machine's monotonic clock), how many seconds later it was
answered, the status, and which release answered by the header, the body and the text. Time is counted from when a
request was due, so that nobody profits from a client that waits. Connections are kept open; one more is made when all
are busy.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlsplit

import orjson
import uvloop

from benchmarks.gateway_project import ROOT

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_DIGEST = re.compile(rb"\r\nx-roadworthy-digest: *([0-9a-f]*)", re.IGNORECASE)
_PATIENCE_SECONDS = 30.0


@dataclass
class Request:
    """One request, and what became of it."""

    due: float
    """By the machine's monotonic clock."""
    seconds: float = float("nan")
    status: int = 0
    """0: the connection broke off, or the answer did not come in time."""
    header: str = ""
    """The release's digest in the header, and below it the one in the body."""
    body: str = ""
    text: str = ""


class _Connection(asyncio.Protocol):
    """Asks one at a time."""

    def __init__(self, free: list[_Connection]) -> None:
        self._free = free
        self._buffer = b""
        self._request: Request | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is none by its class.
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, content: bytes, request: Request) -> None:
        """Send a request."""
        self._request = request
        self._transport.write(content)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        length = _LENGTH.search(self._buffer, 0, end + 2) if end >= 0 else None
        if length is None or len(self._buffer) < end + 4 + int(length[1]):
            return
        content, self._buffer = self._buffer, b""
        request, self._request = self._request, None
        if request is not None:
            request.seconds = time.monotonic() - request.due
            _read(request, content, end)
        self._free.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._free:
            self._free.remove(self)


def _read(request: Request, content: bytes, end: int) -> None:
    request.status = int(content[9:12])
    digest = _DIGEST.search(content, 0, end)
    request.header = digest[1].decode() if digest else ""
    if request.status == 200:
        body = orjson.loads(content[end + 4 :])
        request.body = body["roadworthy"]["digest"]
        request.text = body["choices"][0]["message"]["content"]


async def load(url: str, bodies: list[bytes], rate: float, seconds: float, key: str) -> list[Request]:
    """Ask for `seconds`, with each body in turn, and wait for the last answers."""
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    allowed = f"Authorization: Bearer {key}\r\n" if key else ""
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n{allowed}"
    contents = [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]
    free: list[_Connection] = []
    asked: list[Request] = []

    async def ask(request: Request, content: bytes) -> None:
        with suppress(OSError):
            if not free:
                _, connection = await loop.create_connection(lambda: _Connection(free), parts.hostname, parts.port)
                free.append(connection)
            free.pop().ask(content, request)

    begins = time.monotonic()
    for number in range(int(rate * seconds)):
        request = Request(begins + number / rate)
        asked.append(request)
        await asyncio.sleep(max(request.due - time.monotonic(), 0))
        await ask(request, contents[number % len(contents)])
    ends = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < ends and any(request.seconds != request.seconds for request in asked):
        await asyncio.sleep(0.05)
    return asked


class Load:
    """The load in its process; give it time to end with `requests`."""

    def __init__(self, url: str, bodies: bytes, rate: float, seconds: float, key: str = "") -> None:
        self._scratch = TemporaryDirectory()
        path = Path(self._scratch.name) / "bodies"
        path.write_bytes(bodies)
        command = [sys.executable, "-m", "benchmarks.gateway_open_load", url, str(path), "--key", key]
        command += ["--rate", str(rate), "--seconds", str(seconds)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        # To import takes a second or two: nothing may happen before it asks.
        self._process.stdout.readline()

    def requests(self) -> list[Request]:
        """Wait for the end, and return all requests. Raises `RuntimeError` when the load failed."""
        output, _ = self._process.communicate()
        self._scratch.cleanup()
        if self._process.returncode:
            raise RuntimeError("the load ended with an error")
        return [
            Request(**{**line, "seconds": _number(line["seconds"])}) for line in map(orjson.loads, output.splitlines())
        ]


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which `share` of all lie, in the values' unit; NaN for none."""
    found = sorted(values)
    return found[min(int(len(found) * share), len(found) - 1)] if found else float("nan")


def latencies(requests: list[Request]) -> dict[str, Any]:
    """Return percentiles in milliseconds of those that were answered well, and how many were not, by status."""
    good = [one.seconds * 1000 for one in requests if one.status == 200]
    others: dict[str, int] = {}
    for one in requests:
        if one.status != 200:
            others[str(one.status)] = others.get(str(one.status), 0) + 1
    return {
        "p50 ms": round(percentile(good, 0.5), 2),
        "p99 ms": round(percentile(good, 0.99), 2),
        "answered": len(good),
        "others by status": others,
    }


def main() -> None:
    """Read the command line, load, and write what became of each request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path, help="a file with a JSON document a line")
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--key", default="")
    given = parser.parse_args()
    print(flush=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        asked = runner.run(
            load(given.url, given.bodies.read_bytes().splitlines(), given.rate, given.seconds, given.key)
        )
    for request in asked:
        sys.stdout.buffer.write(orjson.dumps(asdict(request)) + b"\n")


if __name__ == "__main__":
    main()
