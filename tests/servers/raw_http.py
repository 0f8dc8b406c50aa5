"""A client that sends whatever bytes it is given, and reads answers as they come over the wire."""

from __future__ import annotations

import http.client
import io
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class RawAnswer:
    """One answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in small letters."""
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, which has to occur once at most."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"{name} occurs {len(values)} times"
        return values[0] if values else None

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document that it is."""
        assert self.header("content-type") == "application/problem+json", self
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["type"].startswith("urn:roadworthy:problem:")
        return document


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """Connect."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_SECONDS) as client:
        yield client


def exchanged(url: str, *pieces: bytes, method: str = "GET") -> RawAnswer:
    """Send the pieces on a connection of their own and return the first answer."""
    with connected(url) as client:
        for piece in pieces:
            client.sendall(piece)
        return answer_from(client, method)


def answer_from(client: socket.socket, method: str = "GET") -> RawAnswer:
    """Read one answer; raises `http.client.HTTPException` or `OSError` when there is none."""
    said = http.client.HTTPResponse(client, method=method)
    said.begin()
    body = said.read()
    headers = tuple((name.lower(), value) for name, value in said.getheaders())
    return RawAnswer(said.status, headers, body)


def answers_in(content: bytes) -> list[int]:
    """Return the statuses of all answers in what a connection brought."""
    stream, found = io.BytesIO(content), []
    while stream.tell() < len(content):
        said = http.client.HTTPResponse(_Reader(stream))  # type: ignore[arg-type]
        said.begin()
        said.read()
        found.append(said.status)
    return found


def rest_of(client: socket.socket) -> bytes:
    """Read until the server ends the connection."""
    pieces = []
    try:
        while piece := client.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def post(path: str, body: bytes, *headers: str) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    """Return a request without a body."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode("latin-1")


@dataclass
class _Reader:
    """Stands for a socket where only reading is wanted: one stream, whichever answer reads from it."""

    stream: io.BytesIO

    def makefile(self, mode: str) -> io.BytesIO:
        """Return the stream, with a `close` that leaves it open for the next answer."""
        return _Open(self.stream)


class _Open(io.BytesIO):
    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__()
        self._from = stream

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._from.readline(-1 if size is None else size)

    def read(self, size: int | None = -1, /) -> bytes:
        return self._from.read(-1 if size is None else size)
