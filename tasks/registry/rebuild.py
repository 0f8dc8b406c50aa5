"""Rebuilds MLflow's view of a capability from the ledger and the store, for when it was lost."""

from __future__ import annotations

from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from roadworthy.steps import Announce
from tasks.registry.connect import Registry
from tasks.registry.mirror import ensure_version, mirror_standing


def rebuild_registry(registry: Registry, ledger: Ledger, announce: Announce) -> tuple[str, ...]:
    """Show every release again, in the order of the numbers; return the versions. What is there already stays."""
    versions = []
    for record in standing_of(ledger.capability, ledger.entries()).releases:
        version = ensure_version(registry, ledger, record.number)
        announce(f"{ledger.capability}@{record.number} is version {version}")
        versions.append(version)
    if versions:
        mirror_standing(registry, ledger)
    return tuple(versions)
