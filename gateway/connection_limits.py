"""What a connection may take, and what is said to a client that takes more."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.problems import Problem


@dataclass(frozen=True)
class ConnectionLimits:
    """What a connection may take; the application bounds the body, and how long an answer takes."""

    head_bytes: int = 2**16
    """For the request line and all headers, and for trailers."""
    head_seconds: float = 10.0
    """For them to arrive, from the connection or from their first byte on."""
    unread_seconds: float = 30.0
    """So long a client may leave its answer lying."""
    rest_bytes: int = 2**24
    rest_seconds: float = 5.0
    """So much of a request that was refused early is read on: a client that still sends would never see why."""
    pipelined: int = 16
    """Requests that wait on one connection behind the one that is being answered."""


MALFORMED = Problem("malformed-request", 400, "this is no HTTP/1.1 request")
LONG_URL = Problem("url-too-long", 414, "the address is too long")
LONG_HEADERS = Problem("headers-too-large", 431, "the headers are too long")
LATE = Problem("headers-too-slow", 408, "the request line and headers took too long")
