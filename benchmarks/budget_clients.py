"""Clients that spend from one budget, for benchmarks/budgets.py: `KIND PLACE LIMIT CLIENTS CALLS SEED DIES`.

Each client reserves the worst case, "calls a model" that costs a random part of it, and settles. KIND is memory, kept
or redis, or one of these with `bare-` before it: then the backend's own counter is raised twice instead. Prints one
line of JSON. With DIES=1 the process kills itself between a reservation and its settlement, after it has printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from roadworthy.access.budget_limit import BudgetLimit, parse_budget_limit
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Budgets, Reservation
from roadworthy.budgets.kept_budgets import KeptBudgets
from roadworthy.budgets.memory_budgets import MemoryBudgets
from roadworthy.budgets.redis_budgets import RedisBudgets
from roadworthy.errors import Unavailable
from roadworthy.providers.prices import Money

ACCOUNT = Account("tenant", "benchmark")
WORST_NANOS = 1_000_000
PAUSE = 0.02
REFUSALS = 25
"""After so many in a row a client gives up: what a killed one had reserved is told as coming back for a while."""

Bare = Callable[[], Awaitable[object]]


@dataclass
class Spent:
    """What the clients of one process did."""

    calls: int = 0
    nanos: int = 0
    """What the calls truly cost."""
    refused: int = 0
    down: int = 0
    """Reservations that failed because the backend was down."""
    seconds: float = 0.0


def open_budgets(kind: str, place: str) -> Budgets:
    """Return the budgets under test."""
    if kind == "redis":
        return RedisBudgets(place)
    return KeptBudgets(Path(place)) if kind == "kept" else MemoryBudgets()


def open_bare(kind: str, place: str) -> Bare:
    """Return the backend's cheapest atomic count: what no budget can be faster than."""
    if kind == "redis":
        from redis.asyncio import Redis

        redis = Redis.from_url(place)
        return lambda: redis.incrby("bare", 1)
    if kind == "kept":
        return _bare_file(Path(place))
    counts = {"total": 0}

    async def count() -> None:
        counts["total"] += 1

    return count


def _bare_file(path: Path) -> Bare:
    connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE IF NOT EXISTS bare (total INTEGER)")
    connection.execute("INSERT INTO bare SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM bare)")
    worker = ThreadPoolExecutor(1)

    def count() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE bare SET total = total + 1")
        connection.execute("COMMIT")

    return lambda: asyncio.get_running_loop().run_in_executor(worker, count)


async def reserve(budgets: Budgets, limit: BudgetLimit, spent: Spent) -> Reservation | None:
    """Reserve, trying again while it may help; None when the budget is used up."""
    refusals = 0
    worst = Money(Decimal(WORST_NANOS) / 10**9, limit.currency)
    while True:
        try:
            said = await budgets.reserve(ACCOUNT, worst, limit, datetime.now(UTC))
        except Unavailable:
            spent.down += 1
            await asyncio.sleep(PAUSE)
            continue
        if isinstance(said, Reservation):
            return said
        spent.refused += 1
        refusals += 1
        if said.retry_after_seconds > 1 or refusals == REFUSALS:
            return None
        await asyncio.sleep(PAUSE)


async def client(
    budgets: Budgets, limit: BudgetLimit, calls: int, dice: random.Random, spent: Spent, dies: int
) -> None:
    """Make the calls, or as many as the budget allows."""
    for _ in range(calls):
        reservation = await reserve(budgets, limit, spent)
        if reservation is None:
            return
        cost = dice.randint(WORST_NANOS // 5, WORST_NANOS)
        spent.calls += 1
        spent.nanos += cost
        await asyncio.sleep(0)
        if spent.calls == dies:
            print(json.dumps(asdict(spent)), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        await budgets.settle(reservation, Money(Decimal(cost) / 10**9, limit.currency))


async def bare_client(bare: Bare, calls: int, spent: Spent) -> None:
    """Count twice for each call, as a budget does."""
    for _ in range(calls):
        await bare()
        await asyncio.sleep(0)
        await bare()
        spent.calls += 1


async def main(kind: str, place: str, limit: str, clients: str, calls: str, seed: str, dies: str) -> None:
    """Let all clients of this process run at once, as soon as a line comes in; print what they did."""
    spent, dice = Spent(), random.Random(int(seed))  # noqa: S311  (no secrets)
    each = int(calls) // int(clients)
    death = dice.randint(1, each) if int(dies) else 0
    if kind.startswith("bare-"):
        bare = open_bare(kind.removeprefix("bare-"), place)
        await bare()
        work = [bare_client(bare, each, spent) for _ in range(int(clients))]
    else:
        budgets, most = open_budgets(kind, place), parse_budget_limit(limit)
        await budgets.spent(ACCOUNT, most, datetime.now(UTC))
        work = [client(budgets, most, each, dice, spent, death) for _ in range(int(clients))]
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    await asyncio.gather(*work)
    spent.seconds = time.perf_counter() - started
    print(json.dumps(asdict(spent)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
