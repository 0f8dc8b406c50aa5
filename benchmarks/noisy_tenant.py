"""One noisy tenant at ten times the capacity: what the others wait, with the fair queue and first come, first served.

`python -m benchmarks.noisy_tenant` takes half a minute, and writes benchmarks/results/noisy_tenant.json. The service is
a sleep of ten milliseconds in each of eight places, all in one event loop; the peer is `asyncio.Semaphore`, first come,
first served, without bounds. `--seconds` and `--print-only` make it shorter, and write nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from roadworthy.access.admission.admission import Admission
from roadworthy.access.admission.overloaded import Overloaded
from roadworthy.access.admission.tickets import Party, Places
from roadworthy.atomic import write_bytes

RESULTS = Path(__file__).resolve().parent / "results" / "noisy_tenant.json"
PLACES, SERVICE_SECONDS, QUIET_TENANTS = 8, 0.01, 4
CAPACITY = PLACES / SERVICE_SECONDS
"""Requests a second."""
QUIET_RATE, NOISE = CAPACITY * 0.05, 10 * CAPACITY
"""Requests a second of each quiet tenant, and of the noisy one."""

Door = Callable[[str], AbstractAsyncContextManager[Any]]


@dataclass
class Seen:
    """What the requests of some tenants met."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0

    def summary(self) -> dict[str, float]:
        """Return percentiles in milliseconds, and counts."""
        cuts = quantiles(self.seconds, n=100)
        times = {"p50_ms": round(cuts[49] * 1000, 2), "p99_ms": round(cuts[98] * 1000, 2)}
        return {**times, "answered": len(self.seconds), "refused": self.refused}


async def requests(door: Door, tenant: str, rate: float, until: float, seen: Seen) -> None:
    """Send requests at a fixed rate, whatever becomes of those before (an open loop)."""
    loop = asyncio.get_running_loop()
    start, sent, tasks = loop.time(), 0, set()
    while loop.time() < until:
        while sent < (loop.time() - start) * rate:
            sent += 1
            task = asyncio.create_task(_request(door, tenant, seen))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.sleep(max(1 / rate, 0.001))
    for task in list(tasks):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _request(door: Door, tenant: str, seen: Seen) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    try:
        async with door(tenant):
            await asyncio.sleep(SERVICE_SECONDS)
    except Overloaded:
        seen.refused += 1
    else:
        seen.seconds.append(loop.time() - start)


async def others(door: Door, noise: float, seconds: float) -> dict[str, float]:
    """Return what the quiet tenants saw, with so much noise beside them."""
    until, seen = asyncio.get_running_loop().time() + seconds, Seen()
    work = [requests(door, f"quiet {number}", QUIET_RATE, until, seen) for number in range(QUIET_TENANTS)]
    if noise:
        work.append(requests(door, "noisy", noise, until, Seen()))
    await asyncio.gather(*work)
    return seen.summary()


def fair() -> Door:
    """Return the fair queue; a key may hold as many places as there are."""
    admission = Admission(Places(PLACES, 256, 64))

    def door(tenant: str) -> AbstractAsyncContextManager[float]:
        deadline = asyncio.get_running_loop().time() + 60
        return admission.admit(Party(tenant, tenant, PLACES), deadline)

    return door


def first_come() -> Door:
    """Return the peer."""
    semaphore = asyncio.Semaphore(PLACES)
    return lambda tenant: semaphore


def measure(seconds: float) -> dict[str, Any]:
    """Measure each door, quiet and noisy, one after the other."""
    found: dict[str, Any] = {"capacity per s": CAPACITY, "noise per s": NOISE, "quiet per s and tenant": QUIET_RATE}
    for name, door in (("fair queue", fair), ("asyncio.Semaphore", first_come)):
        quiet = asyncio.run(others(door(), 0, seconds))
        noisy = asyncio.run(others(door(), NOISE, seconds))
        ratio = round(noisy["p99_ms"] / quiet["p99_ms"], 2)
        found[name] = {"quiet": quiet, "beside the noisy tenant": noisy, "p99 ratio": ratio}
    return found


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="for each of the four runs")
    parser.add_argument("--print-only", action="store_true", help="write no results")
    arguments = parser.parse_args()
    text = json.dumps(measure(arguments.seconds), indent=2)
    print(text)
    if not arguments.print_only:
        write_bytes(RESULTS, f"{text}\n".encode())


if __name__ == "__main__":
    main()
