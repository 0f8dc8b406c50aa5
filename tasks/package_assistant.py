"""The step that gathers an assistant's bundle: everything that serving and rebuilding need, not yet sealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.assistant.card import assistant_card
from roadworthy.atomic import replacing_folder_or_file
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.gathering import LOCK, copy_parts, write_parameters

if TYPE_CHECKING:
    from roadworthy.params.assistant import AssistantCapability


def package_assistant(capability: AssistantCapability, workspace: Workspace, announce: Announce) -> None:
    """Copy the assistant, its index, evaluation, expectations and environment lock, and write the card."""
    with replacing_folder_or_file(workspace.bundle) as folder:
        folder.mkdir()
        copy_parts(_parts(capability, workspace), folder)
        write_parameters(capability, folder)
        evaluation = json.loads((folder / "evaluation" / "evaluation.json").read_bytes())
        card = assistant_card(workspace.capability, capability, evaluation)
        (folder / "ASSISTANT_CARD.md").write_text(card, encoding="utf-8")
        files = [path for path in folder.rglob("*") if path.is_file()]
        announce(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")


def _parts(capability: AssistantCapability, workspace: Workspace) -> dict[str, Path]:
    """Map each part's name in the bundle to the file or folder that it is copied from."""
    parts = {
        "assistant": workspace.assistant,
        "index": workspace.index,
        "evaluation": workspace.evaluation,
        "validation": workspace.validation,
        LOCK: workspace.root / LOCK,
    }
    for table, expectations in capability.validate_.tables.items():
        parts[f"expectations/{table}.json"] = workspace.root / expectations.suite
    return parts


PACKAGE_ASSISTANT = Step(
    name="package",
    summary="gather what serving and rebuilding need",
    run=package_assistant,
    section=None,
    inputs=lambda capability, workspace: tuple(_parts(capability, workspace).values()),
    outputs=lambda capability, workspace: (workspace.bundle,),
    timeout_seconds=600,
    libraries=("jinja2",),
)
