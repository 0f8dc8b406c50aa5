"""The versions of a capability's registered model, and the release that each of them shows.

People can edit a version's tags, so these say what it shows and do not decide it: what a version shows is known by
the model behind it, which was logged with the release's digest and number. Nobody can change a model's parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.registry.connect import Registry
from tasks.registry.experiment import DIGEST

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion

RELEASE = "roadworthy.release"
"""The logged model's parameter, and the version's tag, with the release's number."""
_SOURCE = "models:/"


@dataclass(frozen=True)
class _Shown:
    version: ModelVersion
    release: int
    digest: str


def find_version(registry: Registry, capability: str, digest: str) -> ModelVersion | None:
    """Return the version that shows the release `digest`: the first one, should there be two."""
    return next((shown.version for shown in _shown(registry, capability) if shown.digest == digest), None)


def versions_by_release(registry: Registry, capability: str) -> dict[int, ModelVersion]:
    """Map each release's number to its version, for the releases that MLflow shows."""
    found: dict[int, ModelVersion] = {}
    for shown in _shown(registry, capability):
        found.setdefault(shown.release, shown.version)
    return found


def all_versions(registry: Registry, capability: str) -> list[ModelVersion]:
    """Return every version of the capability's registered model."""
    return list(registry.client.search_model_versions(f"name = '{capability}'"))


def _shown(registry: Registry, capability: str) -> Iterator[_Shown]:
    """Yield the versions that show a release, in the order of their numbers."""
    versions = sorted(all_versions(registry, capability), key=lambda version: int(version.version))
    models = {model.model_id: model for model in _models(registry, capability)} if versions else {}
    for version in versions:
        model = models.get(version.source.removeprefix(_SOURCE))
        number, digest = (model.params.get(name, "") for name in (RELEASE, DIGEST)) if model else ("", "")
        if number.isdecimal() and digest:
            yield _Shown(version, int(number), digest)


def _models(registry: Registry, capability: str) -> Iterator[LoggedModel]:
    experiment = registry.client.get_experiment_by_name(capability)
    token: str | None = "" if experiment else None
    while token is not None:
        page = registry.client.search_logged_models([experiment.experiment_id], page_token=token or None)
        yield from page
        token = page.token or None
