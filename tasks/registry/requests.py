"""What people did in MLflow: each gesture there is a request, which the rule then allows or refuses."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.release.entries import Stage
from tasks.registry.connect import Registry, unavailable_when_failing
from tasks.registry.description import with_refusal
from tasks.registry.snapshot import kept_snapshot, read_snapshot
from tasks.registry.versions import versions_by_release

APPROVAL = "approval"
"""The tag by which a lead approves a version."""
APPROVED = "approved"
REFUSED = "approval.refused"
"""The tag in which the person finds why a request was refused."""
STAGE_NAMES = {"staging": Stage.STAGING, "production": Stage.PRODUCTION}
"""Aliases, and in lower case MLflow's stages, that ask for a move."""


@dataclass(frozen=True)
class Request:
    """A move that somebody asked for in MLflow."""

    release: int
    stage: Stage
    gesture: str
    """What was done, such as: tag approval=approved."""


def read_requests(registry: Registry, capability: str) -> tuple[Request, ...]:
    """Return what people ask for, by release; one request a release and stage."""
    with unavailable_when_failing(registry.uri):
        by_version = {
            str(version.version): number for number, version in versions_by_release(registry, capability).items()
        }
        found = [*_tags(registry, capability), *_changes(registry, capability, by_version)]
    unique = {(request.release, request.stage): request for request in reversed(found)}
    return tuple(sorted(unique.values(), key=lambda request: (request.release, request.stage)))


def refuse_in_registry(registry: Registry, capability: str, release: int, reason: str) -> None:
    """Take the request back, and write the reason where the person will see it: a tag and the description."""
    with unavailable_when_failing(registry.uri):
        version = versions_by_release(registry, capability)[release]
        client = registry.client
        client.set_model_version_tag(capability, version.version, REFUSED, reason[:5000])
        client.update_model_version(capability, version.version, with_refusal(version.description or "", reason))
    take_back_tag(registry, capability, release)


def accept_in_registry(registry: Registry, capability: str, release: int) -> None:
    """Take away the request that was granted, and what an earlier refusal left."""
    with unavailable_when_failing(registry.uri):
        version = versions_by_release(registry, capability)[release]
        if REFUSED in version.tags:
            registry.client.delete_model_version_tag(capability, version.version, REFUSED)
            plain = with_refusal(version.description or "", None)
            registry.client.update_model_version(capability, version.version, plain)
    take_back_tag(registry, capability, release)


def take_back_tag(registry: Registry, capability: str, release: int) -> None:
    """Remove the tag `approval` from the release's version; aliases and stages the mirror puts right."""
    with unavailable_when_failing(registry.uri):
        version = versions_by_release(registry, capability)[release]
        if APPROVAL in version.tags:
            registry.client.delete_model_version_tag(capability, version.version, APPROVAL)


def _tags(registry: Registry, capability: str) -> list[Request]:
    return [
        Request(int(number), Stage.PRODUCTION, f"tag {APPROVAL}={version.tags[APPROVAL]}")
        for number, version in versions_by_release(registry, capability).items()
        if version.tags.get(APPROVAL, "").strip().lower() == APPROVED
    ]


def _changes(registry: Registry, capability: str, by_version: dict[str, int]) -> list[Request]:
    """Return the aliases and stages that are not as we last wrote them."""
    now, before = read_snapshot(registry, capability), kept_snapshot(registry, capability)
    if before is None:
        return []
    found = [
        Request(by_version[version], STAGE_NAMES[alias], f"alias {alias}")
        for alias, version in now.aliases.items()
        if alias in STAGE_NAMES and version in by_version and before.aliases.get(alias) != version
    ]
    found += [
        Request(by_version[version], STAGE_NAMES[stage.lower()], f"stage {stage}")
        for version, stage in now.stages.items()
        if stage.lower() in STAGE_NAMES and version in by_version and before.stages.get(version) != stage
    ]
    return found
