"""The reference in a bundle: profiles of the nights whose rows a model learned from and was evaluated on."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.modelling.schema import FeatureSchema
from roadworthy.workspace import Workspace

if TYPE_CHECKING:
    from roadworthy.params.capability import ModelCapability


def reference_rows(workspace: Workspace) -> tuple[Path, Path]:
    """Return the files with the rows of the reference."""
    return workspace.prepared / "train.parquet", workspace.prepared / "evaluate.parquet"


def write_reference(capability: ModelCapability, workspace: Workspace, folder: Path) -> int:
    """Write the reference's cells and nights below `folder`, and return how many nights there are.

    The same rows give the same bytes. Raises `SourceError` when rows can't be read.
    """
    from roadworthy.drift.profile.scanning import column_types, database
    from roadworthy.drift.reference import LAYOUT, NIGHTS, Reference

    paths = reference_rows(workspace)
    with database() as connection:
        column = night_column(capability, column_types(connection, paths[0]))
    reference = Reference.of(paths, FeatureSchema.read(workspace.prepared / "schema.json"), column)
    for name, content in ((LAYOUT, reference.layout_bytes()), (NIGHTS, reference.nights_bytes())):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return len(reference.nights)


def night_column(capability: ModelCapability, types: Mapping[str, str]) -> str | None:
    """Return the column that says of which night a row is; None where rows have no time.

    It is the one in `evaluate.resample_by` where that is a date, else the time column.
    """
    by = capability.evaluate.resample_by
    return by if by is not None and types.get(by, "").startswith("DATE") else capability.prepare.time_column
