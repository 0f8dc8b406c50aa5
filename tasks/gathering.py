"""What packaging has in common for every kind of capability: copies of its parts, and its parameters as JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.params.capability import Capability

LOCK = "requirements.lock"


def copy_parts(parts: Mapping[str, Path], folder: Path) -> None:
    """Copy each file or folder to its place below `folder`."""
    for name, source in parts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)


def write_parameters(capability: Capability, folder: Path) -> None:
    """Write parameters.json. Not sorted: the order of a source's columns is the order in its file."""
    parameters = json.dumps(capability.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False)
    (folder / "parameters.json").write_text(parameters + "\n", encoding="utf-8")
