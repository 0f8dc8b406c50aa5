"""What aliases and stages are set in MLflow, and what we set there: the difference is what people did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from roadworthy.release.entries import Stage
from roadworthy.release.standing import Standing
from tasks.registry.versions import all_versions

if TYPE_CHECKING:
    from tasks.registry.connect import Registry

OURS = ("candidate", "staging", "canary", "production")
"""The aliases that mirror the ledger; people may set others as they like."""

BEGUN, WRITTEN = "roadworthy.mirroring", "roadworthy.mirrored"
"""The registered model's tags that keep what we set out to write, and what we last wrote to the end."""

MLFLOW_STAGES = {
    Stage.CANDIDATE: "None",
    Stage.STAGING: "Staging",
    Stage.CANARY: "Staging",
    Stage.PRODUCTION: "Production",
    Stage.RETIRED: "Archived",
}
"""MLflow's own word for each of our stages."""

ASKED_FOR = {"staging": Stage.STAGING, "production": Stage.PRODUCTION}
"""The aliases, and in lower case MLflow's stages, by which people ask for a move."""


class Snapshot(BaseModel):
    """The aliases and stages of one registered model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aliases: Mapping[str, str] = Field(default_factory=dict)
    """Of ours alone: alias to version."""
    stages: Mapping[str, str] = Field(default_factory=dict)
    """Version to MLflow's stage."""


def read_snapshot(registry: Registry, capability: str) -> Snapshot:
    """Return what is set in MLflow now."""
    model = registry.client.get_registered_model(capability)
    aliases = {alias: str(version) for alias, version in model.aliases.items() if alias in OURS}
    stages = {str(version.version): version.current_stage for version in all_versions(registry, capability)}
    return Snapshot(aliases=aliases, stages=stages)


def done_by_people(registry: Registry, capability: str) -> Snapshot:
    """Return the aliases and stages that ask for a move and that we did not write.

    What a killed process set out to write is ours as well. When nothing was ever written, nothing counts as done
    by people.
    """
    known, now = _known(registry, capability), read_snapshot(registry, capability)
    if not known:
        return Snapshot()
    ours = {item for snapshot in known for item in (*snapshot.aliases.items(), *snapshot.stages.items())}
    aliases = {item for item in now.aliases.items() if item[0] in ASKED_FOR} - ours
    stages = {item for item in now.stages.items() if item[1].lower() in ASKED_FOR} - ours
    return Snapshot(aliases=dict(sorted(aliases)), stages=dict(sorted(stages)))


def keep_snapshot(registry: Registry, capability: str, tag: str, snapshot: Snapshot) -> None:
    """Remember `snapshot` under `tag`, less the stages that ask for nothing: a tag has room for 5,000 characters."""
    stages = {version: stage for version, stage in snapshot.stages.items() if stage.lower() in ASKED_FOR}
    content = Snapshot(aliases=snapshot.aliases, stages=stages).model_dump_json()
    registry.client.set_registered_model_tag(capability, tag, content)


def expected_snapshot(standing: Standing, versions: Mapping[int, str]) -> Snapshot:
    """Return what the ledger asks for; `versions` maps a release's number to its version."""
    shown = [record for record in standing.releases if record.number in versions]
    aliases = {record.stage.value: str(versions[record.number]) for record in shown if record.stage.value in OURS}
    stages = {str(versions[record.number]): MLFLOW_STAGES[record.stage] for record in shown}
    return Snapshot(aliases=aliases, stages=stages)


def _known(registry: Registry, capability: str) -> list[Snapshot]:
    tags = registry.client.get_registered_model(capability).tags
    found = []
    for tag in (BEGUN, WRITTEN):
        try:
            found.append(Snapshot.model_validate_json(tags.get(tag, "")))
        except ValidationError:
            # Not written yet, or changed by somebody: then it says nothing.
            continue
    return found
