"""Tables in DuckDB and Parquet, read and written so that equal rows give equal bytes."""

# Late imports: start-up time.
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def connect() -> DuckDBPyConnection:
    """Open a database in memory; one thread and UTC, because order and clock readings depend on both."""
    import duckdb

    database = duckdb.connect(config={"threads": 1})
    # Not among the options above: time zones come with an extension, which is loaded on first use.
    database.execute("set TimeZone = 'UTC'")
    return database


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as a quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"


def add_tables(database: DuckDBPyConnection, folder: Path) -> list[str]:
    """Make a view of each Parquet file in `folder`, named like the file; return the names."""
    paths = sorted(folder.glob("*.parquet"))
    for path in paths:
        database.execute(f"create view {quoted(path.stem)} as from read_parquet({literal(str(path))})")
    return [path.stem for path in paths]


def count(database: DuckDBPyConnection, source: str) -> int:
    """Return how many rows `source` gives: a query's part from its word `from` on."""
    row = database.execute(f"select count(*) {source}").fetchone()
    return int(row[0]) if row else 0


def write_parquet(database: DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of `query`, in its order, to `path`."""
    with replacing_folder_or_file(path) as temporary:
        database.execute(f"copy ({query}) to {literal(str(temporary))} (format parquet, compression zstd)")
