"""The bank's SQLite database: made from the sample when it is not there, read and written in transactions."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from roadworthy.create_once import creating
from roadworthy.errors import IntegrityError
from roadworthy.store import explaining
from roadworthy.tools.bank.schema import TABLES

_WAIT = 5.0
"""Seconds for which a writer waits for another process's transaction."""


@lru_cache(maxsize=1)
def _sample() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(files(__package__).joinpath("seed.json").read_text(encoding="utf-8"))
    return content


def sample_day() -> date:
    """Return the day on which the sample bank stands, so that its answers are the same on every day."""
    return date.fromisoformat(_sample()["today"])


class Database:
    """One connection, for any thread, one at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._lock = threading.RLock()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows that a query gives, by column."""
        with self._lock:
            return [dict(row) for row in self._connection.execute(query, values)]

    def row(self, query: str, *values: Any) -> dict[str, Any] | None:
        """Return the first row that a query gives, or None."""
        return next(iter(self.rows(query, *values)), None)

    def change(self, statement: str, *values: Any) -> None:
        """Do one change, inside `writing`."""
        self._connection.execute(statement, values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make all changes of the block, or, when it raises, none of them. Other processes wait."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._connection.close()


def open_in_memory() -> Database:
    """Return a bank of its own with the sample's customers."""
    return Database(_filled())


def open_file(path: Path) -> Database:
    """Return the bank in the file at `path`, which is made with the sample's customers if it is not there.

    Of several processes that make it one wins, and nobody sees it half made. Raises `Unavailable`, and
    `IntegrityError` when something else lies there.
    """
    with explaining(path):
        if not path.exists():
            _make(path)
    try:
        connection = _connect(str(path))
        connection.execute("SELECT count(*) FROM finished")
    except sqlite3.Error as error:
        raise IntegrityError(
            f"The file is no bank, or damaged: {error}.",
            where=str(path),
            remedy="Move it away: a new one is made with the sample's customers.",
        ) from None
    return Database(connection)


def _make(path: Path) -> None:
    new = _filled()
    try:
        with creating(path) as file:
            file.write(new.serialize())
    except FileExistsError:
        pass  # Somebody else was faster.
    finally:
        new.close()


def _connect(name: str) -> sqlite3.Connection:
    # Transactions are ours (isolation_level None); threads take turns by the lock.
    return sqlite3.connect(name, timeout=_WAIT, isolation_level=None, check_same_thread=False)


def _filled() -> sqlite3.Connection:
    connection = _connect(":memory:")
    connection.executescript(TABLES)
    for table, content in _sample().items():
        if table != "today":
            places = ", ".join("?" * len(content["columns"]))
            # Both names are the sample's own.
            statement = f"INSERT INTO {table} ({', '.join(content['columns'])}) VALUES ({places})"  # noqa: S608
            connection.executemany(statement, content["rows"])
    return connection
