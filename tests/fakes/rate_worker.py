"""A worker that calls as often as it is told against a shared limit, and prints how many calls were let in.

`python rate_worker.py URL KEY RATE CALLS`; it begins when it reads a line, so that several begin together.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from roadworthy.access.keys import Key
from roadworthy.access.rates.interface import Admitted
from roadworthy.access.rates.rates import RateSettings, build_rates


async def _work(url: str, key_id: str, rate: str, calls: int) -> int:
    key = Key(tenant="acme", id=key_id, rate=rate, created_at=datetime(2026, 11, 23, tzinfo=UTC), created_by="ann")
    # Patient: on a busy machine a tenth of a second may pass before a process is scheduled again.
    rates = build_rates(RateSettings(url, timeout_seconds=10))
    verdicts = [await rates.admit(key) for _ in range(calls)]
    await rates.aclose()
    return sum(isinstance(verdict, Admitted) for verdict in verdicts)


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    print(asyncio.run(_work(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
