"""Real processes that spend from a shared purse: `python spenders.py PLACE ACCOUNT AMOUNT reserve|race`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from fakes.spending import DAILY, NOON

from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Budgets, Exceeded
from roadworthy.budgets.kept_budgets import KeptBudgets
from roadworthy.budgets.redis_budgets import RedisBudgets
from roadworthy.providers.prices import Money

PROCESSES = 4


def killed_while_reserving(place: str, account: Account, amount: Money) -> None:
    """Let a process reserve, and kill it with SIGKILL before it settles."""
    process = _started(place, account, amount, "reserve")
    assert process.stdout is not None
    assert process.stdout.readline() == "reserved\n"
    process.kill()
    process.communicate()


def spend_in_processes(place: str, account: Account, amount: Money) -> int:
    """Let processes reserve as often as they can, all at once; return how often they could."""
    processes = [_started(place, account, amount, "race") for _ in range(PROCESSES)]
    said = [process.communicate()[0] for process in processes]
    assert all(process.returncode == 0 for process in processes)
    return sum(map(int, said))


def _started(place: str, account: Account, amount: Money, what: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fakes.spenders", place, account.name, str(amount.amount), what]
    tests = Path(__file__).resolve().parent.parent
    environment = {"PYTHONPATH": f"{tests}:{tests.parent}"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=environment)


async def _spend(place: str, name: str, amount: str, what: str) -> None:
    budgets: Budgets = (
        RedisBudgets(place, timeout_seconds=30) if place.startswith("redis:") else KeptBudgets(Path(place))
    )
    count = 0
    while not isinstance(
        await budgets.reserve(Account("key", name), Money(Decimal(amount), "USD"), DAILY, NOON), Exceeded
    ):
        count += 1
        if what == "reserve":
            print("reserved", flush=True)
            # Until it is killed.
            sys.stdin.read()
    print(count)
    await budgets.close()


if __name__ == "__main__":
    asyncio.run(_spend(*sys.argv[1:]))
