"""The commands about MLflow's registry: `registry sync` and `registry rebuild`."""

from __future__ import annotations

from cli.errors import guarded
from cli.parts import Capability, Json, group

registry = group("MLflow's registry, the people's window on the ledger.")


@registry.command("sync", epilog="Example: `roadworthy registry sync flight-delay`")
def registry_sync(capability: Capability, json: Json = False) -> None:
    """Make tags and aliases say what the ledger says."""
    from cli.registry import sync_registry

    guarded(lambda: sync_registry(capability, json), json)


@registry.command("rebuild", epilog="Example: `roadworthy registry rebuild flight-delay`")
def registry_rebuild(capability: Capability, json: Json = False) -> None:
    """Make every version, run, tag and alias again from the ledger and the store."""
    from cli.registry import rebuild_registry

    guarded(lambda: rebuild_registry(capability, json), json)
