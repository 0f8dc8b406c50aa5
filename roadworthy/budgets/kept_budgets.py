"""Budgets in a SQLite file: for the workers of one machine, whose spending survives a restart and a kill."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from roadworthy.access.budget_limit import BudgetLimit
from roadworthy.budgets.account import Account
from roadworthy.budgets.interface import Exceeded, Reservation
from roadworthy.budgets.purse import Purse, limit_nanos, money, purse_of, reserved_nanos, settled_nanos
from roadworthy.budgets.refusal import PATIENCE, refuse
from roadworthy.errors import Unavailable
from roadworthy.providers.prices import Money

WAIT_SECONDS = 5.0
"""So long one worker waits for the others' transactions, each of which takes a fraction of a millisecond."""
_TABLES = """
CREATE TABLE IF NOT EXISTS purses (key TEXT PRIMARY KEY, total INTEGER NOT NULL, forgotten REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holds (
    purse TEXT NOT NULL, id TEXT NOT NULL, nanos INTEGER NOT NULL, since REAL NOT NULL, PRIMARY KEY (purse, id)
) WITHOUT ROWID;
"""

T = TypeVar("T")


class KeptBudgets:
    """See `Budgets`. The file is made at the first use; each call is one transaction, in a thread of its own.

    With a write-ahead log and `synchronous=NORMAL` a killed process loses nothing; a power cut may lose what was spent
    since the last checkpoint.
    """

    def __init__(self, path: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._connection: sqlite3.Connection | None = None
        self._unsettled: dict[Reservation, int] = {}
        # One thread: SQLite writes one transaction after the other anyway.
        self._worker = ThreadPoolExecutor(1, "budgets")

    async def reserve(
        self, account: Account, worst_case: Money, limit: BudgetLimit, now: datetime
    ) -> Reservation | Exceeded:
        """See `Budgets.reserve`."""
        reservation = Reservation(uuid4().hex, purse_of(account, limit, now), reserved_nanos(worst_case, limit))
        try:
            return await self._in_thread(lambda: self._reserve(reservation, limit, now))
        except asyncio.CancelledError:
            # The thread goes on, and nobody will hear what it reserves.
            self._worker.submit(self._settle, reservation, 0)
            raise

    async def settle(self, reservation: Reservation, exact: Money) -> None:
        """See `Budgets.settle`; it is done also when the caller is cancelled meanwhile."""
        nanos = settled_nanos(exact, reservation.purse)
        await asyncio.shield(self._in_thread(lambda: self._settle(reservation, nanos)))

    async def release(self, reservation: Reservation) -> None:
        """See `Budgets.release`."""
        await self.settle(reservation, money(0, reservation.purse.currency))

    async def spent(self, account: Account, limit: BudgetLimit, now: datetime) -> Money:
        """See `Budgets.spent`."""
        purse = purse_of(account, limit, now)
        return money(await self._in_thread(lambda: _total(self._open(), purse) or 0), limit.currency)

    async def close(self) -> None:
        """See `Budgets.close`."""
        await self._in_thread(self._close)
        self._worker.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, work)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(
                f"what was spent can't be read or written: {error}",
                where=str(self._path),
                remedy="check that there is space and that this user may write; a damaged file may be moved away, "
                "which forgets this period's spending",
            ) from error

    def _reserve(self, reservation: Reservation, limit: BudgetLimit, now: datetime) -> Reservation | Exceeded:
        purse, worst = reservation.purse, reservation.nanos
        with self._writing() as connection:
            total = _total(connection, purse)
            if total is None:
                _begin(connection, purse, now)
                total = 0
            if total + worst > limit_nanos(limit):
                return refuse(worst, total, _held(connection, purse, now), purse, limit, now)
            _add(connection, purse, worst)
            hold = (purse.key, reservation.id, worst, now.timestamp())
            connection.execute("INSERT INTO holds VALUES (?, ?, ?, ?)", hold)
        return reservation

    def _settle(self, reservation: Reservation, nanos: int) -> None:
        """Settle it, and all that could not be settled before."""
        self._unsettled[reservation] = nanos
        try:
            with self._writing() as connection:
                for each, exact in self._unsettled.items():
                    if _taken(connection, each):
                        _add(connection, each.purse, exact - each.nanos)
        except (sqlite3.Error, OSError):
            return
        self._unsettled.clear()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that holds the file's one write lock from its first look on."""
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _opened(self._path, self._wait_seconds)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _opened(path: Path, wait_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _total(connection: sqlite3.Connection, purse: Purse) -> int | None:
    row = connection.execute("SELECT total FROM purses WHERE key = ?", (purse.key,)).fetchone()
    return None if row is None else int(row[0])


def _add(connection: sqlite3.Connection, purse: Purse, nanos: int) -> None:
    connection.execute("UPDATE purses SET total = total + ? WHERE key = ?", (nanos, purse.key))


def _taken(connection: sqlite3.Connection, reservation: Reservation) -> bool:
    key = (reservation.purse.key, reservation.id)
    return connection.execute("DELETE FROM holds WHERE purse = ? AND id = ?", key).rowcount > 0


def _held(connection: sqlite3.Connection, purse: Purse, now: datetime) -> int:
    oldest = (now - PATIENCE).timestamp()
    row = connection.execute("SELECT SUM(nanos) FROM holds WHERE purse = ? AND since > ?", (purse.key, oldest))
    return int(row.fetchone()[0] or 0)


def _begin(connection: sqlite3.Connection, purse: Purse, now: datetime) -> None:
    """Make the purse; a new period is the moment to forget old ones."""
    over = "SELECT key FROM purses WHERE forgotten <= ?"
    connection.execute(f"DELETE FROM holds WHERE purse IN ({over})", (now.timestamp(),))  # noqa: S608
    connection.execute("DELETE FROM purses WHERE forgotten <= ?", (now.timestamp(),))
    connection.execute("INSERT INTO purses VALUES (?, 0, ?)", (purse.key, purse.forgotten.timestamp()))
