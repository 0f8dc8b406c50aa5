"""The versions of a capability's registered model, found by the release that they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.registry.connect import Registry
from tasks.registry.experiment import DIGEST

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

RELEASE = "roadworthy.release"
"""A version's tag with the release's number."""


def find_version(registry: Registry, capability: str, digest: str) -> ModelVersion | None:
    """Return the version that shows the release `digest`: the first one, should there be two."""
    found = [version for version in all_versions(registry, capability) if version.tags.get(DIGEST) == digest]
    return min(found, key=lambda version: int(version.version), default=None)


def all_versions(registry: Registry, capability: str) -> list[ModelVersion]:
    """Return every version of the capability's registered model."""
    return list(registry.client.search_model_versions(f"name = '{capability}'"))


def versions_by_release(registry: Registry, capability: str) -> dict[int, ModelVersion]:
    """Map each release's number to its version, for the releases that MLflow shows."""
    found: dict[int, ModelVersion] = {}
    for version in sorted(all_versions(registry, capability), key=lambda version: int(version.version)):
        number = version.tags.get(RELEASE, "")
        if number.isdecimal():
            found.setdefault(int(number), version)
    return found
