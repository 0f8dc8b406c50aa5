"""The database in memory in which labels and scores meet."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def database() -> Iterator[DuckDBPyConnection]:
    """Yield a database; one thread and UTC, because order and the reading of times depend on both."""
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
