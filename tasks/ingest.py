"""The step that fetches the sources, checks their digests, and makes one Parquet file of each."""

# ruff: noqa: S608 (names and texts in queries are quoted by tasks/tabular.py)

# Late imports: start-up time.
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.errors import SourceError
from roadworthy.params.data import IngestParams, Source
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.sources.cache import SourceCache, source_cache
from tasks.sources.fetch import fetch_sources, is_local
from tasks.sources.interface import FetchedSource
from tasks.sources.unpack import unpacked
from tasks.tables import explain, table_query
from tasks.tabular import connect, literal, quoted, write_parquet

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from roadworthy.params.capability import ModelCapability


def ingest(params: IngestParams, workspace: Workspace, announce: Announce) -> None:
    """Make `sources/<table>.parquet` of every source; equal sources give equal bytes."""
    cache = SourceCache(source_cache(Settings(root=workspace.root).home_path).parent, announce)
    with cache.scratch() as scratch, connect() as database:
        files = fetch_sources(params.sources, workspace.root, cache, scratch, announce)
        # All tables or none: a failure leaves the folder as it was.
        with replacing_folder_or_file(workspace.sources) as folder:
            for table, source in params.sources.items():
                plain = files[table] if source.format == "parquet" else unpacked(files[table], scratch)
                target = folder / f"{table}.parquet"
                _convert(database, table, source, plain, target)
                announce(f"{table}: {_check_rows(database, source, plain, target):,} rows")


def _convert(database: DuckDBPyConnection, table: str, source: Source, file: FetchedSource, target: Path) -> None:
    import duckdb

    query = table_query(database, table, source, file)
    try:
        write_parquet(database, query, target)
    except duckdb.Error as error:
        raise explain(database, source, file, error) from None


def _check_rows(database: DuckDBPyConnection, source: Source, file: FetchedSource, target: Path) -> int:
    """Return the number of rows, after checking that there are some and that their numbers are finite."""
    scan = f"read_parquet({literal(str(target))}, file_row_number = true)"
    described = database.execute(f"describe from {scan}").fetchall()
    for column in (str(row[0]) for row in described if row[1] in {"DOUBLE", "FLOAT"}):
        name = quoted(column)
        found = database.execute(
            f"select count(*), min(file_row_number), min_by({name}, file_row_number) from {scan} "
            f"where isnan({name}) or isinf({name})"
        ).fetchone()
        if found and found[0]:
            place = f"line {found[1] + 2}" if source.format == "csv" else f"row {found[1] + 1}"
            raise SourceError(
                f"{found[0]:,} values of {column} are not finite numbers, such as {found[2]}",
                where=f"{file.name}: {place}, column {column}",
                remedy="write a missing value as empty"
                + (f", or add {str(found[2])!r} to null_values" if source.format == "csv" else " (null)"),
            )
    (rows,) = database.execute(f"select count(*) from {scan}").fetchone() or (0,)
    if not rows:
        raise SourceError(f"{file.name} has no rows", where=file.name, remedy="check how the file was made")
    return int(rows)


def _local_files(capability: ModelCapability, workspace: Workspace) -> tuple[Path, ...]:
    sources = capability.ingest.sources.values()
    return tuple(sorted({workspace.root / source.uri for source in sources if is_local(source)}))


def _fetched_files(capability: ModelCapability) -> dict[str, str]:
    sources = capability.ingest.sources.values()
    return {source.uri: source.sha256 for source in sources if not is_local(source)}


INGEST = Step(
    name="ingest",
    summary="fetch the sources, check their digests, make tables of them",
    run=ingest,
    section="ingest",
    inputs=_local_files,
    pinned=_fetched_files,
    outputs=lambda _capability, workspace: (workspace.sources,),
    timeout_seconds=600,
    libraries=("duckdb", "pyarrow.parquet", "openlineage.client.event_v2"),
    attempts=3,
)
