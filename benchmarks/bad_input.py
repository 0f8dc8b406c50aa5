"""Measures what bad input costs the gateway: the time of each kind's answer, and the growth of resident memory.

`python -m benchmarks.bad_input` takes about a minute. A real `roadworthy serve` in a process of its own gets each kind
one after the other, which is timed from the first byte sent to the last one read (the time in which ten megabytes pass
through the loopback is part of it), and then from 32 connections at the same time. At last many connections stay open
with half a head or half a body. Memory is looked at after each, and compared with that after good requests.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

from benchmarks.gateway_desk import Desk
from benchmarks.gateway_process import Running, running_gateway, running_upstream
from benchmarks.gateway_project import CHAT, ROOT, small_project
from roadworthy.atomic import write_bytes

RESULTS = ROOT / "benchmarks" / "results" / "bad_input.json"
TARGETS = {"p99 ms of each kind, at most": 50, "growth of resident memory in MB, at most": 50}
AT_ONCE = 32
HELD = 200
"""Connections that stay open."""
MEGABYTE = 2**20


def kinds(good: bytes) -> dict[str, bytes]:
    """Return requests, each bad in its way; the first one is good."""
    opened = good[:-1]
    return {
        "good": post(good),
        "malformed JSON": post(good[:-5]),
        "duplicate keys": post(opened + b', "model": "other"}'),
        "a million digits": post(opened + b', "n": ' + b"9" * (MEGABYTE - 1000) + b"}"),
        "forty digits, often": post(b"[" + b"9" * 40 + (b"," + b"9" * 40) * (MEGABYTE // 42) + b"]"),
        "NaN": post(opened + b', "n": NaN}'),
        "deep nesting": post(b"[" * (MEGABYTE - 1)),
        "many values": post(b"[" + b"0," * (MEGABYTE // 2 - 2) + b"0]"),
        "many names": post(b"{" + b",".join(b'"%d":1' % number for number in range(90_000)) + b"}"),
        "escapes": post(b'"' + b"\\u0041" * (MEGABYTE // 6 - 2) + b'"'),
        "unknown fields": post(b"{" + b",".join(b'"a%d":[]' % number for number in range(1000)) + b"}"),
        "ten megabytes, announced": post(b"x" * 10 * MEGABYTE),
        "ten megabytes, in pieces": post(
            b"10000\r\n%b\r\n" % (b"x" * 65536) * 160 + b"0\r\n\r\n", "Transfer-Encoding: chunked"
        ),
        "a long header": head("GET", "/v1/models", "X-A: " + "a" * MEGABYTE) + b"\r\n",
        "a long address": head("GET", "/" + "a" * MEGABYTE) + b"\r\n",
        "many headers": head("GET", "/v1/models", *(f"X-{number}: a" for number in range(50_000))) + b"\r\n",
        "path traversal": head("GET", "/v1/capabilities/%2e%2e/%2e%2e/etc/passwd") + b"\r\n",
        "length and pieces": post(good, "Content-Length: 5", "Transfer-Encoding: chunked"),
        "no HTTP": b"\0" * 1000 + b"\r\n\r\n",
    }


def head(method: str, path: str, *lines: str) -> bytes:
    """Return a request's head without its end."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, ""]).encode()


def post(body: bytes, *lines: str) -> bytes:
    """Return a request with a body."""
    length = () if lines and "Encoding" in lines[-1] else (f"Content-Length: {len(body)}",)
    return head("POST", CHAT, "Content-Type: application/json", *length, *lines) + b"\r\n" + body


def ask(address: tuple[str, int], request: bytes) -> tuple[int, float]:
    """Return the status of the answer, and the seconds that it took."""
    with socket.create_connection(address, timeout=30) as client:
        began = time.perf_counter()
        client.sendall(request)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        answer.read()
        return answer.status, time.perf_counter() - began


def measure(server: Running, good: bytes, repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what each kind took."""
    parts = urlsplit(server.url)
    address = str(parts.hostname), int(parts.port or 0)
    with ThreadPoolExecutor(AT_ONCE) as clients:
        for name, request in kinds(good).items():
            if name == "good":
                # Its memory is the measure: everything has been used once, and by as many at the same time.
                list(clients.map(lambda _, request=request: ask(address, request), range(AT_ONCE * 8)))
            answers = [ask(address, request) for _ in range(repeats)]
            taken = sorted(seconds * 1000 for _, seconds in answers)
            list(clients.map(lambda _, request=request: ask(address, request), range(AT_ONCE)))
            yield (
                name,
                {
                    "status": sorted({status for status, _ in answers}),
                    "p50 ms": round(taken[len(taken) // 2], 1),
                    "p99 ms": round(taken[int(len(taken) * 0.99)], 1),
                    "resident MB": round(server.resident_bytes / MEGABYTE, 1),
                },
            )
    for name, request in held(good).items():
        yield name, {"resident MB": round(_hold(server, address, request) / MEGABYTE, 1)}


def held(good: bytes) -> dict[str, bytes]:
    """Return requests without an end."""
    return {
        "half a head": head("GET", "/v1/models", "X-A: " + "a" * 60_000),
        "half a body": head("POST", CHAT, "Content-Type: application/json", f"Content-Length: {MEGABYTE}")
        + b"\r\n"
        + b" " * (MEGABYTE - 1),
    }


def _hold(server: Running, address: tuple[str, int], request: bytes) -> int:
    """Return the most memory that is held while many connections stay open."""
    most = 0
    with ExitStack() as open_ones:
        for _ in range(HELD):
            client = open_ones.enter_context(socket.create_connection(address, timeout=30))
            client.sendall(request)
            most = max(most, server.resident_bytes)
    return most


def summary(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the figures that the targets are about."""
    return {
        "worst p99 ms": max(one["p99 ms"] for name, one in found.items() if name != "good" and "p99 ms" in one),
        "growth MB": round(max(one["resident MB"] for one in found.values()) - found["good"]["resident MB"], 1),
    }


def main() -> None:
    """Measure, print, and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--no-results", action="store_true", help="print only")
    given = parser.parse_args()
    desk, found = Desk(), {}
    with small_project() as project, running_upstream() as upstream:
        project.put_in_production(desk, f"{upstream.url}/v1")
        with running_gateway(project) as server:
            for name, figures in measure(server, desk.body(), given.repeats):
                found[name] = figures
                print(f"{name:26}", figures, flush=True)
    results = {"targets": TARGETS, "summary": summary(found), "kinds": found}
    print(results["summary"])
    if not given.no_results:
        write_bytes(RESULTS, json.dumps(results, indent=2).encode() + b"\n")


if __name__ == "__main__":
    main()
