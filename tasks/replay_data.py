"""All rows of a capability for a replay, prepared by its own query and kept below HOME until the data changes."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes, digest_file
from roadworthy.errors import DataError, UsageError
from roadworthy.modelling.schema import LABEL, FeatureSchema
from roadworthy.params.capability import Capability, ModelCapability
from roadworthy.params.data import Window, Windows
from roadworthy.workspace import Workspace
from tasks.prepare import prepare
from tasks.reference import night_column
from tasks.tabular import connect, literal, quoted, write_parquet

if TYPE_CHECKING:
    from roadworthy.replay.rows import ReplayRows
    from roadworthy.steps import Announce

_NIGHT = "roadworthy_night"
"""The column with the night of a row in the files here."""
_EARLIEST, _LATEST = datetime(1900, 1, 1), datetime(2200, 1, 1)


@dataclass(frozen=True)
class ReplayData:
    """What a replay reads."""

    rows: ReplayRows
    schema: FeatureSchema
    files: dict[date, Path]
    """Each night's rows as a Parquet file."""


@dataclass(frozen=True)
class _AllRows(Workspace):
    """The work tree, but prepared rows go elsewhere."""

    elsewhere: Path

    @property
    def prepared(self) -> Path:
        return self.elsewhere


def replayable(name: str, capability: Capability) -> ModelCapability:
    """Return the capability if its rows have a time. Raises `UsageError` for assistants and for rows without one."""
    if not isinstance(capability, ModelCapability):
        raise UsageError(f"{name} is an assistant: it has no rows to replay", remedy="name a trained model")
    if capability.prepare.windows is None:
        raise UsageError(
            f"the rows of {name} have no time",
            where=f"params.yaml: {name}: prepare.time_column",
            remedy="name a capability whose rows have one, and windows",
        )
    return capability


def read_replay_data(capability: ModelCapability, workspace: Workspace, home: Path, announce: Announce) -> ReplayData:
    """Return every row of the capability's validated tables, prepared if they are not yet.

    A night is the day in `evaluate.resample_by` where that is a date, else the UTC day of the time column. Raises
    `DataError` when the tables are not there.
    """
    if not list(workspace.validated.glob("*.parquet")):
        raise DataError(
            f"there is no data of {workspace.capability} here",
            where=str(workspace.validated),
            remedy=f"roadworthy release {workspace.capability}",
        )
    folder = home / "cache" / "replay" / workspace.capability / _key(capability, workspace)
    if not (folder / "nights").is_dir():
        announce("preparing all rows")
        _prepare(capability, workspace, folder, announce)
    schema = FeatureSchema.read(folder / "schema.json")
    files = {date.fromisoformat(path.stem): path for path in sorted((folder / "nights").glob("*.parquet"))}
    return ReplayData(_read(folder / "rows.parquet", schema), schema, files)


def _key(capability: ModelCapability, workspace: Workspace) -> str:
    """Return a name for what the rows depend on."""
    tables = {path.name: digest_file(path) for path in sorted(workspace.validated.glob("*.parquet"))}
    section = capability.prepare.model_dump(mode="json", exclude={"windows"})
    query = capability.prepare.query
    text = digest_file(workspace.root / query) if query and (workspace.root / query).is_file() else None
    by = capability.evaluate.resample_by
    return digest_bytes(canonical_json({"tables": tables, "prepare": section, "query": text, "by": by}))[:32]


def _prepare(capability: ModelCapability, workspace: Workspace, folder: Path, announce: Announce) -> None:
    with replacing_folder_or_file(folder) as made:
        everything = _AllRows(workspace.root, workspace.capability, made)
        prepare(capability.prepare.model_copy(update={"windows": _all_time(capability)}), everything, announce)
        with connect() as database:
            both = ", ".join(literal(str(made / f"{name}.parquet")) for name in ("train", "evaluate"))
            source = f"read_parquet([{both}])"
            types = {row[0]: row[1] for row in database.execute(f"describe from {source}").fetchall()}
            order = ", ".join(quoted(key) for key in capability.prepare.keys)
            column = night_column(capability, types)
            assert column is not None  # noqa: S101  (`replayable` holds it)
            night = f"cast({quoted(column)} as date) as {_NIGHT}"
            query = f"select {night}, * from {source} order by {_NIGHT}, {order}"  # noqa: S608
            write_parquet(database, query, made / "rows.parquet")
            _write_nights(made)


def _write_nights(folder: Path) -> None:
    """Write each night's rows to a file of its own."""
    from pyarrow import parquet

    rows = parquet.read_table(folder / "rows.parquet")
    (folder / "nights").mkdir()
    counts = rows[_NIGHT].value_counts()
    start = 0
    # The rows lie in the order of the nights, and so do the counts.
    for night, count in zip(counts.field("values"), counts.field("counts"), strict=True):
        part = rows.slice(start, count.as_py()).drop_columns([_NIGHT])
        parquet.write_table(part, folder / "nights" / f"{night.as_py().isoformat()}.parquet")
        start += count.as_py()


def _all_time(capability: ModelCapability) -> Windows:
    """Return windows that take every row: what is before the end of the training window, and what is after."""
    assert capability.prepare.windows is not None  # noqa: S101  (`replayable` holds it)
    middle = capability.prepare.windows.train.end
    # With the time zone that params.yaml gives, or like it with none.
    first, last = (moment.replace(tzinfo=middle.tzinfo) for moment in (_EARLIEST, _LATEST))
    return Windows(train=Window(start=first, end=middle), evaluate=Window(start=middle, end=last))


def _read(path: Path, schema: FeatureSchema) -> ReplayRows:
    import numpy
    import pandas

    from roadworthy.replay.rows import ReplayRows

    frame = pandas.read_parquet(path, columns=[*schema.columns, LABEL, _NIGHT])
    nights = frame[_NIGHT].to_numpy().astype("datetime64[D]")
    return ReplayRows(schema.select(frame), frame[LABEL].to_numpy().astype(numpy.int8), nights)
