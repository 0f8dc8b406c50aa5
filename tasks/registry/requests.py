"""What people did in MLflow: each gesture there is a request, which the rule then allows or refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.release.entries import Stage
from tasks.registry.connect import Registry, unavailable_when_failing
from tasks.registry.description import shortened, with_refusal
from tasks.registry.snapshot import ASKED_FOR, done_by_people
from tasks.registry.versions import versions_by_release

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

APPROVAL = "approval"
"""The tag by which a lead approves a version."""
APPROVED = "approved"
REFUSED = "approval.refused"
"""The tag in which the person finds why a request was refused."""
_LONGEST_VALUE, _LONGEST_TAG = 60, 5000


@dataclass(frozen=True)
class Request:
    """A move that somebody asked for in MLflow."""

    release: int
    stage: Stage
    gesture: str
    """What was done, such as: tag approval=approved."""
    unclear: str | None = None
    """What is not understood of it, and what to write instead."""


def read_requests(registry: Registry, capability: str) -> tuple[Request, ...]:
    """Return what people ask for, by release and then by stage, the nearer one first; one request for each."""
    with unavailable_when_failing(registry.uri):
        versions = versions_by_release(registry, capability)
        if not versions:
            return ()
        found = [*_tags(versions), *_changes(registry, capability, versions)]
    unique = {(request.release, request.stage): request for request in reversed(found)}
    ladder = list(Stage)
    return tuple(sorted(unique.values(), key=lambda request: (request.release, ladder.index(request.stage))))


def refuse_in_registry(registry: Registry, capability: str, release: int, reason: str) -> None:
    """Take the request back, and write the reason where the person will see it: a tag and the description."""
    with unavailable_when_failing(registry.uri):
        for version in _version_of(registry, capability, release):
            client, number = registry.client, version.version
            client.set_model_version_tag(capability, number, REFUSED, shortened(reason, _LONGEST_TAG))
            client.update_model_version(capability, number, with_refusal(version.description or "", reason))
            _take_back_tag(registry, version)


def accept_in_registry(registry: Registry, capability: str, release: int) -> None:
    """Take away the request that was granted, and what an earlier refusal left."""
    with unavailable_when_failing(registry.uri):
        for version in _version_of(registry, capability, release):
            if REFUSED in version.tags:
                plain = with_refusal(version.description or "", None)
                registry.client.update_model_version(capability, version.version, plain)
                registry.client.delete_model_version_tag(capability, version.version, REFUSED)
            _take_back_tag(registry, version)


def _take_back_tag(registry: Registry, version: ModelVersion) -> None:
    """Remove the tag `approval`, last of all: until then the request is open. The mirror sees to aliases and stages."""
    if APPROVAL in version.tags:
        registry.client.delete_model_version_tag(version.name, version.version, APPROVAL)


def _version_of(registry: Registry, capability: str, release: int) -> tuple[ModelVersion, ...]:
    """Return the version that shows the release; none when somebody removed it, and the ledger alone has the answer."""
    version = versions_by_release(registry, capability).get(release)
    return () if version is None else (version,)


def _tags(versions: Mapping[int, ModelVersion]) -> Iterator[Request]:
    for number, version in versions.items():
        if APPROVAL in version.tags:
            value = version.tags[APPROVAL]
            said = shortened(value, _LONGEST_VALUE)
            clear = value.strip().lower() == APPROVED
            unclear = None if clear else f"the tag {APPROVAL} says {said!r}; to approve, set it to: {APPROVED}"
            yield Request(number, Stage.PRODUCTION, f"tag {APPROVAL}={said}", unclear)


def _changes(registry: Registry, capability: str, versions: Mapping[int, ModelVersion]) -> Iterator[Request]:
    done, shown = done_by_people(registry, capability), {str(version.version): n for n, version in versions.items()}
    for alias, version in done.aliases.items():
        if version in shown:
            yield Request(shown[version], ASKED_FOR[alias], f"alias {alias}")
    for version, stage in done.stages.items():
        if version in shown:
            yield Request(shown[version], ASKED_FOR[stage.lower()], f"stage {stage}")
