"""What a connection may take, and what is said to a client that takes more."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass

from gateway.problems import Problem


@dataclass(frozen=True)
class ConnectionLimits:
    """What a connection may take; the application bounds the body, and how long an answer takes."""

    head_bytes: int = 2**16
    """For the request line and all headers, and for trailers."""
    head_lines: int = 128
    """Headers, and trailers: each takes time, however short it is."""
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
VERSIONS = ("1.0", "1.1")
OVERHEAD = 16
"""Bytes on the wire for a byte of body: with pieces of one byte it is six."""
_FORGET = struct.pack("ii", 1, 0)


def reset(transport: asyncio.Transport) -> None:
    """End a connection and forget what was not sent: closed only, the system would keep it for minutes."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _FORGET)
    transport.abort()
