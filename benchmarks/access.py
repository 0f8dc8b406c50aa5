"""What it costs a request to be let in: key, rate limit and place, beside what it can't cost less than, or a peer.

`python -m benchmarks.access` from the repository's root takes ten seconds, and writes benchmarks/results/access.json.
`--print-only` writes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from roadworthy.access.admission.admission import Admission
from roadworthy.access.admission.tickets import Party
from roadworthy.access.key_ring import KeyRing
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import KeyTerms
from roadworthy.access.rates.memory_windows import MemoryWindows
from roadworthy.access.rates.rates import Rates
from roadworthy.atomic import write_bytes
from roadworthy.store import LocalStore

RESULTS = Path(__file__).resolve().parent / "results" / "access.json"
ROUNDS, CALLS, KEYS = 15, 1000, 1000


def microseconds(call: Callable[[int], object]) -> float:
    """Return the median over rounds of what one call takes."""
    taken = []
    for _ in range(ROUNDS):
        start = perf_counter()
        for number in range(CALLS):
            call(number)
        taken.append((perf_counter() - start) / CALLS * 1e6)
    return round(median(taken), 2)


async def microseconds_awaited(call: Callable[[int], Awaitable[object]]) -> float:
    """Do the same with calls that are awaited; tasks that they leave behind are at work between them."""
    taken = []
    for _ in range(ROUNDS):
        start = perf_counter()
        for number in range(CALLS):
            await call(number)
            await asyncio.sleep(0)
        taken.append((perf_counter() - start) / CALLS * 1e6)
    return round(median(taken), 2)


def measure(folder: Path) -> dict[str, Any]:
    """Measure all parts in one run."""
    keys = KeyStore(LocalStore(folder))
    terms = KeyTerms(tenant="acme", rate="10000/s", user_rate="10000/s")
    issued = [keys.create(terms, by="benchmark") for _ in range(KEYS)]
    ring, now = KeyRing(keys), datetime.now(UTC)
    start = perf_counter()
    ring.refresh()
    first = perf_counter() - start
    start = perf_counter()
    ring.refresh()
    poll = perf_counter() - start
    headers = [f"Bearer {one.text}" for one in issued]
    secret, digest = headers[0][27:].encode(), sha256(headers[0][27:].encode()).digest()
    found: dict[str, Any] = {
        "keys": KEYS,
        "first reading of all keys, s": round(first, 3),
        "a poll that finds nothing new, s": round(poll, 4),
        "authenticate, us": microseconds(lambda number: ring.authenticate(headers[number % KEYS], now)),
        "one SHA-256 and one comparison, us": microseconds(
            lambda _: hmac.compare_digest(sha256(secret).digest(), digest)
        ),
    }
    return found | asyncio.run(_awaited(issued[0].key))


async def _awaited(key: Any) -> dict[str, Any]:
    rates, admission = Rates(MemoryWindows()), Admission()
    theirs, item = MovingWindowRateLimiter(MemoryStorage()), parse("10000/second")
    party, far = Party("acme", key.id, 8), asyncio.get_running_loop().time() + 1e6
    semaphore = asyncio.Semaphore(64)

    async def nothing(_: int) -> None:
        pass

    async def place(_: int) -> None:
        async with admission.admit(party, far):
            pass

    async def their_place(_: int) -> None:
        async with semaphore:
            pass

    empty = await microseconds_awaited(nothing)
    calls: dict[str, Callable[[int], Awaitable[object]]] = {
        "rate of a key, us": lambda _: rates.admit(key),
        "rate of a key and one of 1,000 users, us": lambda number: rates.admit(key, str(number)),
        "limits' storage in memory, one name, us": lambda _: theirs.hit(item, "a"),
        "limits' storage in memory, 1,000 names, us": lambda number: theirs.hit(item, str(number)),
        "a free place, us": place,
        "asyncio.Semaphore, us": their_place,
    }
    return {name: round(await microseconds_awaited(call) - empty, 2) for name, call in calls.items()}


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print-only", action="store_true", help="write no results")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        text = json.dumps(measure(Path(folder)), indent=2)
    print(text)
    if not arguments.print_only:
        write_bytes(RESULTS, f"{text}\n".encode())


if __name__ == "__main__":
    main()
