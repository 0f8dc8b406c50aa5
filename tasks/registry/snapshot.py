"""What aliases and stages are set in MLflow, and what we last set there: the difference is what people did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from roadworthy.release.entries import Stage
from roadworthy.release.standing import Standing
from tasks.registry.versions import versions_by_release

if TYPE_CHECKING:
    from tasks.registry.connect import Registry

OURS = ("candidate", "staging", "canary", "production")
"""The aliases that mirror the ledger; people may set others as they like."""

KEPT = "roadworthy.mirrored"
"""The registered model's tag that keeps the last snapshot written."""

MLFLOW_STAGES = {
    Stage.CANDIDATE: "None",
    Stage.STAGING: "Staging",
    Stage.CANARY: "Staging",
    Stage.PRODUCTION: "Production",
    Stage.RETIRED: "Archived",
}
"""MLflow's own word for each of our stages."""


class Snapshot(BaseModel):
    """The aliases and stages of one registered model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aliases: Mapping[str, str] = Field(default_factory=dict)
    """Of ours alone: alias to version."""
    stages: Mapping[str, str] = Field(default_factory=dict)
    """Version to MLflow's stage, for the versions that show a release."""


def read_snapshot(registry: Registry, capability: str) -> Snapshot:
    """Return what is set in MLflow now."""
    model = registry.client.get_registered_model(capability)
    aliases = {alias: str(version) for alias, version in model.aliases.items() if alias in OURS}
    versions = versions_by_release(registry, capability).values()
    return Snapshot(aliases=aliases, stages={str(version.version): version.current_stage for version in versions})


def kept_snapshot(registry: Registry, capability: str) -> Snapshot | None:
    """Return what we last wrote; None when that is not known, and then nothing counts as done by people."""
    content = registry.client.get_registered_model(capability).tags.get(KEPT)
    try:
        return Snapshot.model_validate_json(content) if content else None
    except ValidationError:
        return None


def keep_snapshot(registry: Registry, capability: str, snapshot: Snapshot) -> None:
    """Remember what we wrote."""
    registry.client.set_registered_model_tag(capability, KEPT, snapshot.model_dump_json())


def expected_snapshot(standing: Standing, versions: Mapping[int, str]) -> Snapshot:
    """Return what the ledger asks for; `versions` maps a release's number to its version."""
    shown = [record for record in standing.releases if record.number in versions]
    aliases = {record.stage.value: str(versions[record.number]) for record in shown if record.stage.value in OURS}
    stages = {str(versions[record.number]): MLFLOW_STAGES[record.stage] for record in shown}
    return Snapshot(aliases=aliases, stages=stages)
