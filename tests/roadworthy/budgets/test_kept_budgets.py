"""Budgets in a file: shared by processes, kept over kills and restarts, patient with a file that is in use."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.spenders import killed_while_reserving, spend_in_processes
from fakes.spending import DAILY, NOON, refused, reserved, somebody, usd

from roadworthy.budgets.kept_budgets import KeptBudgets
from roadworthy.budgets.purse import LINGER
from roadworthy.errors import Unavailable


def test_spending_survives_a_restart(tmp_path: Path) -> None:
    """What one process settled, the next one knows; a reservation may be settled by another process."""

    async def play() -> None:
        account = somebody()
        first = KeptBudgets(tmp_path / "home" / "budgets.sqlite")
        await first.settle(await reserved(first, account, "1"), usd("0.5"))
        still_open = await reserved(first, account, "4.5")
        await first.close()
        second = KeptBudgets(tmp_path / "home" / "budgets.sqlite")
        await refused(second, account, "0.01")
        await second.settle(still_open, usd(1))
        assert await second.spent(account, DAILY, NOON) == usd("1.5")
        await second.close()

    asyncio.run(play())


def test_a_killed_process_leaves_its_reservation_spent(tmp_path: Path) -> None:
    """The model may have been asked, so the money is gone, and the file is whole."""
    path = tmp_path / "budgets.sqlite"
    account = somebody()
    killed_while_reserving(str(path), account, usd(3))

    async def play() -> None:
        budgets = KeptBudgets(path)
        assert await budgets.spent(account, DAILY, NOON) == usd(3)
        await reserved(budgets, account, "2")
        await refused(budgets, account, "0.000000001")
        await budgets.close()

    asyncio.run(play())


def test_processes_that_race_for_one_purse_never_overspend(tmp_path: Path) -> None:
    """Four at once, each as fast as it can: together they win exactly what fits."""
    assert spend_in_processes(str(tmp_path / "budgets.sqlite"), somebody(), usd("0.1")) == 50


def test_a_settlement_waits_for_a_file_that_is_in_use(tmp_path: Path) -> None:
    """It is not lost, and nobody is told of it: it is done with the next one; a reservation is refused meanwhile."""
    path = tmp_path / "budgets.sqlite"

    async def play() -> None:
        account = somebody()
        budgets = KeptBudgets(path, wait_seconds=0)
        first, second = await reserved(budgets, account, "1"), await reserved(budgets, account, "2")
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        await budgets.settle(first, usd("0.1"))
        with pytest.raises(Unavailable) as caught:
            await budgets.reserve(account, usd(1), DAILY, NOON)
        assert caught.value.where == str(path)
        blocker.execute("ROLLBACK")
        blocker.close()
        assert await budgets.spent(account, DAILY, NOON) == usd(3)
        await budgets.settle(second, usd("0.2"))
        assert await budgets.spent(account, DAILY, NOON) == usd("0.3")
        await budgets.close()

    asyncio.run(play())


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    """Closed, not open: without a file there is no reservation."""
    (tmp_path / "file").write_text("not a folder")

    async def play() -> None:
        budgets = KeptBudgets(tmp_path / "file" / "budgets.sqlite")
        with pytest.raises(Unavailable):
            await budgets.reserve(somebody(), usd(1), DAILY, NOON)
        damaged = KeptBudgets(tmp_path / "file")
        with pytest.raises(Unavailable):
            await damaged.reserve(somebody(), usd(1), DAILY, NOON)

    asyncio.run(play())


def test_old_periods_are_forgotten(tmp_path: Path) -> None:
    """A file does not grow for ever: a day after a period's end its purses and reservations go."""
    path = tmp_path / "budgets.sqlite"

    async def play() -> None:
        budgets = KeptBudgets(path)
        for _ in range(3):
            await reserved(budgets, somebody(), "1")
        await reserved(budgets, somebody(), "1", NOON + timedelta(hours=12) + LINGER)
        await budgets.close()

    asyncio.run(play())
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT COUNT(*) FROM purses").fetchone() == (1,)
    assert connection.execute("SELECT COUNT(*) FROM holds").fetchone() == (1,)
    connection.close()
