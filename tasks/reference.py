"""The step that profiles the nights whose rows a model learns from and is evaluated on: later nights' reference."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace

if TYPE_CHECKING:
    from roadworthy.params.capability import ModelCapability


def reference(capability: ModelCapability, workspace: Workspace, announce: Announce) -> None:
    """Write the cells into which features are counted, and what each night showed; equal rows give equal bytes.

    Raises `SourceError` when rows can't be read.
    """
    from roadworthy.drift.profile.scanning import column_types, database
    from roadworthy.drift.reference import LAYOUT, NIGHTS, Reference

    paths = _rows(workspace)
    with database() as connection:
        column = night_column(capability, column_types(connection, paths[0]))
    found = Reference.of(paths, FeatureSchema.read(_schema(workspace)), column)
    with replacing_folder_or_file(workspace.reference) as folder:
        folder.mkdir()
        for place, content in ((LAYOUT, found.layout_bytes()), (NIGHTS, found.nights_bytes())):
            (folder / PurePath(place).name).write_bytes(content)
    announce(f"{len(found.nights):,} {'night' if len(found.nights) == 1 else 'nights'} to compare later ones with")


def night_column(capability: ModelCapability, types: Mapping[str, str]) -> str | None:
    """Return the column that says of which night a row is; None where rows have no time.

    It is the one in `evaluate.resample_by` where that is a date, else the time column.
    """
    by = capability.evaluate.resample_by
    return by if by is not None and types.get(by, "").startswith("DATE") else capability.prepare.time_column


def _rows(workspace: Workspace) -> tuple[Path, Path]:
    return workspace.prepared / "train.parquet", workspace.prepared / "evaluate.parquet"


def _schema(workspace: Workspace) -> Path:
    return workspace.prepared / "schema.json"


REFERENCE = Step(
    name="reference",
    summary="profile the nights that later ones are compared with",
    run=reference,
    section=None,
    inputs=lambda _capability, workspace: (*_rows(workspace), _schema(workspace)),
    outputs=lambda _capability, workspace: (workspace.reference,),
    timeout_seconds=600,
    libraries=("duckdb", "pyarrow", "numpy"),
    worker="services",
)
