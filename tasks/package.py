"""The step that gathers everything that serving and rebuilding need into one folder: the bundle, not yet sealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.modelling.card import model_card
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.gathering import LOCK, copy_parts, write_parameters

if TYPE_CHECKING:
    from roadworthy.params.capability import ModelCapability


def package(capability: ModelCapability, workspace: Workspace, announce: Announce) -> None:
    """Copy the model, its schema, evaluation, reference, expectations, query and lock; write the card."""
    with replacing_folder_or_file(workspace.bundle) as folder:
        folder.mkdir()
        copy_parts(_parts(capability, workspace), folder)
        write_parameters(capability, folder)
        card = model_card(workspace.capability, capability, _read(folder, "evaluation"), _read(folder, "model"))
        (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        files = [path for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        announce(f"{len(files)} files, {size:.1f} MB")


def _parts(capability: ModelCapability, workspace: Workspace) -> dict[str, Path]:
    """Map each part's name in the bundle to the file or folder that it is copied from."""
    parts = {
        "model": workspace.model,
        "schema.json": workspace.prepared / "schema.json",
        "evaluation/evaluation.json": workspace.evaluation / "evaluation.json",
        "evaluation/reliability.svg": workspace.evaluation / "reliability.svg",
        "evaluation/rows.json": workspace.evaluation / "rows.json",
        "evaluation/predictions.parquet": workspace.evaluation / "predictions.parquet",
        "validation": workspace.validation,
        "drift": workspace.reference,
        LOCK: workspace.root / LOCK,
    }
    if capability.prepare.query:
        parts["query.sql"] = workspace.root / capability.prepare.query
    for table, expectations in capability.validate_.tables.items():
        parts[f"expectations/{table}.json"] = workspace.root / expectations.suite
    return parts


def _read(folder: Path, part: str) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / part / f"{part}.json").read_bytes())
    return content


PACKAGE = Step(
    name="package",
    summary="gather what serving and rebuilding need",
    run=package,
    section=None,
    inputs=lambda capability, workspace: tuple(_parts(capability, workspace).values()),
    outputs=lambda capability, workspace: (workspace.bundle,),
    timeout_seconds=600,
    libraries=("jinja2",),
)
