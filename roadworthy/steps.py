"""What a step is: defined once, from which its Prefect task, its DVC stage and its lineage come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadworthy.params.capability import ModelCapability
from roadworthy.workspace import Workspace

Announce = Callable[[str], None]
"""Tells the people who watch what happened, in one line."""


@dataclass(frozen=True)
class Step:
    """One unit of work in a pipeline: a plain function with its inputs, outputs and section of the parameters."""

    name: str
    summary: str
    """What it does, for people, in a few words."""
    run: Callable[[Any, Workspace, Announce], None]
    """Gets its own section of the parameters; reads `inputs`, writes `outputs`, nothing else."""
    section: Callable[[ModelCapability], Any]
    """Picks that section."""
    keys: tuple[str, ...]
    """The same section by name, below the capability's own; nothing means all of it."""
    inputs: Callable[[ModelCapability, Workspace], tuple[Path, ...]]
    outputs: Callable[[ModelCapability, Workspace], tuple[Path, ...]]
    timeout_seconds: int
    attempts: int = 1
    """More than one only where the outside can fail."""
    preload: tuple[str, ...] = ()
    """Modules that its process imports while it waits for its turn."""
