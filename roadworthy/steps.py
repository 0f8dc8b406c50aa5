"""What a step is: defined once, from which its Prefect task, its DVC stage and its lineage come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from roadworthy.workspace import Workspace

if TYPE_CHECKING:
    from roadworthy.params.capability import Capability

Announce = Callable[[str], None]
"""Tells the people who watch what happened, in one line."""
PASSING = "…"
"""How a line ends that only tells how far a step is: shown while it goes on, and not kept."""


@dataclass(frozen=True)
class Step:
    """One unit of work in a pipeline: a plain function with its inputs, outputs and section of the parameters."""

    name: str
    summary: str
    """What it does, for people, in a few words."""
    run: Callable[[Any, Workspace, Announce], None]
    """Gets its own section of the parameters; reads `inputs`, writes `outputs`, nothing else."""
    section: str | None
    """That section's name in params.yaml, below the capability; None means the capability's whole section."""
    inputs: Callable[[Any, Workspace], tuple[Path, ...]]
    """Of a capability, of the kind on whose route the step lies."""
    outputs: Callable[[Any, Workspace], tuple[Path, ...]]
    timeout_seconds: int
    attempts: int = 1
    """More than one only where the outside can fail."""
    worker: Literal["modelling", "services"] = "modelling"
    """Which of the two worker processes performs it; each loads one heavy set of libraries."""
    libraries: tuple[str, ...] = ()
    """What takes long to import; its process imports it ahead, while it waits."""
    pinned: Callable[[Any], Mapping[str, str]] | None = None
    """Inputs that are no files here: each one's URI, and the SHA-256 that the step itself holds it against."""
    is_done: Callable[[Any, Workspace], bool] | None = None
    """For a step whose result lies outside the work tree, where DVC can't look: tells whether it is there."""

    @property
    def in_dvc(self) -> bool:
        """Tell whether the step is a stage in dvc.yaml."""
        return self.is_done is None

    def parameters(self, capability: Capability) -> Any:
        """Return the step's own section of the capability's parameters."""
        if self.section is None:
            return capability
        return getattr(capability, "validate_" if self.section == "validate" else self.section)
