"""The step that turns validated tables into rows to learn from: one row an example, in two sets."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.canonical import readable_json
from roadworthy.errors import DataError, ParamsError
from roadworthy.modelling.schema import LABEL, Feature, FeatureSchema, Kind
from roadworthy.params.data import PrepareParams, Window
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.feature_checks import all_features, check_kinds, check_present
from tasks.tabular import add_tables, connect, count, literal, quoted, write_parquet

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from roadworthy.params.capability import ModelCapability


def prepare(params: PrepareParams, workspace: Workspace, announce: Announce) -> None:
    """Run the query, check what it gives, and write the rows that train and those that evaluate."""
    with connect() as database, replacing_folder_or_file(workspace.prepared) as folder:
        folder.mkdir()
        _make_rows(database, params, workspace)
        types = _column_types(database, params)
        _check_rows(database, params, types)
        for name, condition in _sets(params, types).items():
            positives, rows = _write_set(database, params, folder / f"{name}.parquet", condition, name)
            announce(f"{rows:,} rows to {name}, {positives / rows:.1%} of them positive")
        check_present(database, params.features, folder / "train.parquet")
        (folder / "schema.json").write_bytes(readable_json(_schema(params, types).model_dump(mode="json")))


def _schema(params: PrepareParams, types: dict[str, str]) -> FeatureSchema:
    kinds: dict[str, Kind] = {
        **dict.fromkeys(params.features.categorical, "categorical"),
        **dict.fromkeys(params.features.numeric, "numeric"),
        **dict.fromkeys(params.features.text, "text"),
    }
    return FeatureSchema(
        features=tuple(Feature(name=name, kind=kind, type=types[name]) for name, kind in kinds.items()),
        label=params.label.column,
        positive=params.label.positive,
    )


def _make_rows(database: DuckDBPyConnection, params: PrepareParams, workspace: Workspace) -> None:
    import duckdb

    tables = add_tables(database, workspace.validated)
    query, where = _query(params, tables, workspace.root)
    try:
        database.execute(f"create table prepared_rows as {query}")
    except duckdb.Error as error:
        raise ParamsError(
            f"the query does not run: {error}",
            where=where,
            remedy=f"correct it; the tables are {', '.join(tables)}",
        ) from None


def _query(params: PrepareParams, tables: list[str], root: Path) -> tuple[str, str]:
    if params.query is None:
        if len(tables) == 1:
            return f"from {quoted(tables[0])}", "params.yaml: prepare.query"
        raise ParamsError(
            f"there are {len(tables)} tables and no query that joins them",
            where="params.yaml: prepare.query",
            remedy="name a file with a DuckDB query",
        )
    path = root / params.query
    if not path.is_file():
        raise ParamsError(
            f"there is no file {params.query}", where="params.yaml: prepare.query", remedy="create it, or correct it"
        )
    return path.read_text(encoding="utf-8").rstrip().rstrip(";"), params.query


def _column_types(database: DuckDBPyConnection, params: PrepareParams) -> dict[str, str]:
    """Return the type of each column, after checking that every column that the parameters name is there."""
    rows = database.execute("describe prepared_rows").fetchall()
    types = {str(row[0]): str(row[1]) for row in rows}
    for field, names in _named_columns(params).items():
        for name in names:
            if name not in types:
                near = get_close_matches(name, types, n=1)
                raise DataError(
                    f"the prepared rows have no column {name!r}",
                    where=f"params.yaml: prepare.{field}",
                    remedy=f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(types)}",
                )
    return types


def _named_columns(params: PrepareParams) -> dict[str, tuple[str, ...]]:
    return {
        "keys": params.keys,
        "time_column": (params.time_column,) if params.time_column else (),
        "split.by": (params.split.by,) if params.split and params.split.by else (),
        "label.column": (params.label.column,),
        "features.categorical": params.features.categorical,
        "features.numeric": params.features.numeric,
        "features.text": params.features.text,
        "keep": params.keep,
    }


def _check_rows(database: DuckDBPyConnection, params: PrepareParams, types: dict[str, str]) -> None:
    if params.label.column in all_features(params.features):
        raise ParamsError(
            f"{params.label.column!r} is both the label and a feature",
            where="params.yaml: prepare.features",
            remedy="take it out of the features",
        )
    keys = ", ".join(quoted(key) for key in params.keys)
    twice = count(database, f"from (from prepared_rows select {keys} group by {keys} having count(*) > 1)")
    if twice:
        raise DataError(
            f"{twice:,} keys name more than one row",
            where=f"params.yaml: prepare.keys ({', '.join(params.keys)})",
            remedy="add a column that tells the rows apart, or remove the duplicates in the query",
        )
    missing = count(database, f"from prepared_rows where {quoted(params.label.column)} is null")
    if missing:
        raise DataError(
            f"the label is missing in {missing:,} rows",
            where=f"params.yaml: prepare.label.column ({params.label.column})",
            remedy="give those rows a label or leave them out in the query",
        )
    check_kinds(database, params.features, types)


def _sets(params: PrepareParams, types: dict[str, str]) -> dict[str, str]:
    """Return the SQL condition of each set."""
    if params.windows is not None and params.time_column is not None:
        column = quoted(params.time_column)
        if not types[params.time_column].startswith(("TIMESTAMP", "DATE")):
            raise DataError(
                f"the time column {params.time_column!r} is {types[params.time_column]}, not a time",
                where="params.yaml: prepare.time_column",
                remedy="convert it in the query: cast(... as timestamptz)",
            )
        return {
            "train": _within(column, params.windows.train),
            "evaluate": _within(column, params.windows.evaluate),
        }
    assert params.split is not None  # noqa: S101  (the model's validator holds it)
    # A row's place depends on its keys and the seed alone, so more rows never move the old ones.
    together = (params.split.by,) if params.split.by else params.keys
    keys = ", ".join(f"cast({quoted(key)} as varchar)" for key in together)
    share = f"(('0x' || md5(concat_ws(chr(31), '{params.split.seed}', {keys}))[1:8])::bigint / 4294967296.0)"
    return {
        "train": f"{share} >= {params.split.evaluate_share}",
        "evaluate": f"{share} < {params.split.evaluate_share}",
    }


def _within(column: str, window: Window) -> str:
    start, end = (literal(moment.isoformat()) for moment in (window.start, window.end))
    return f"{column} >= {start}::timestamptz and {column} < {end}::timestamptz"


def _write_set(
    database: DuckDBPyConnection, params: PrepareParams, path: Path, condition: str, name: str
) -> tuple[int, int]:
    """Write one set; return how many rows are positive, and how many there are."""
    named = [column for names in _named_columns(params).values() for column in names]
    columns = [column for column in dict.fromkeys(named) if column != params.label.column]
    positive = literal(_as_text(params.label.positive))
    label = f"(cast({quoted(params.label.column)} as varchar) = {positive})::tinyint as {LABEL}"
    select = f"select {', '.join(quoted(column) for column in columns)}, {label}"
    order = ", ".join(quoted(key) for key in params.keys)
    write_parquet(database, f"{select} from prepared_rows where {condition} order by {order}", path)
    written = f"read_parquet({literal(str(path))})"
    counts = database.execute(f"select coalesce(sum({LABEL}), 0)::bigint, count(*) from {written}").fetchone()  # noqa: S608
    assert counts is not None  # noqa: S101  (an aggregate always gives a row)
    _check_classes(int(counts[0]), int(counts[1]), params, name)
    return int(counts[0]), int(counts[1])


def _check_classes(positives: int, rows: int, params: PrepareParams, name: str) -> None:
    field = "windows" if params.windows else "split"
    if rows == 0:
        raise DataError(
            f"no row is left to {name}",
            where=f"params.yaml: prepare.{field}",
            remedy="choose a window that the data covers",
        )
    if positives in (0, rows):
        only = "positive" if positives else "negative"
        raise DataError(
            f"every one of the {rows:,} rows to {name} is {only}: there is a single class",
            where=f"params.yaml: prepare.label ({params.label.column}, positive: {params.label.positive!r})",
            remedy="check the positive value, or choose rows that hold both classes",
        )


def _as_text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _inputs(capability: ModelCapability, workspace: Workspace) -> tuple[Path, ...]:
    query = capability.prepare.query
    return (workspace.validated, *((workspace.root / query,) if query else ()))


PREPARE = Step(
    name="prepare",
    summary="join the tables, choose the rows that train and those that evaluate",
    run=prepare,
    section="prepare",
    inputs=_inputs,
    outputs=lambda capability, workspace: (workspace.prepared,),
    timeout_seconds=1800,
    libraries=("duckdb", "pyarrow.parquet", "openlineage.client.event_v2"),
)
