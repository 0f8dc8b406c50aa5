"""`roadworthy registry`: makes MLflow say what the ledger says, or everything in it anew."""

from __future__ import annotations

import sys

from cli.output import print_json
from cli.releases import open_ledger
from roadworthy.settings import Settings
from tasks.registry.connect import connect
from tasks.registry.mirror import mirror_standing
from tasks.registry.rebuild import rebuild_registry as rebuild


def sync_registry(capability: str, as_json: bool) -> int:
    """Bring tags, aliases and stages up to date."""
    ledger = open_ledger(capability)
    missing = mirror_standing(connect(Settings()), ledger)
    if as_json:
        print_json({"capability": capability, "synced": not missing, "missing": missing})
    elif missing:
        numbers = ", ".join(map(str, missing))
        print(f"MLflow lacks releases {numbers} of {capability}: `roadworthy registry rebuild {capability}` shows them")
    else:
        print(f"MLflow says what the ledger of {capability} says")
    return 0


def rebuild_registry(capability: str, as_json: bool) -> int:
    """Make every version again; what is there already stays."""
    ledger = open_ledger(capability)
    versions = rebuild(connect(Settings()), ledger, lambda text: print(text, file=sys.stderr))
    if as_json:
        print_json({"capability": capability, "versions": versions})
    else:
        print(f"{len(versions)} versions of {capability} are in MLflow")
    return 0
