"""Releases that hold an evaluation's files and nothing that serves, for tests of what releases need."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from fakes.small_bundle import small_capability

from roadworthy.digest import digest_files
from roadworthy.release.bundle import publish_bundle
from roadworthy.release.code import CodeIdentity
from roadworthy.release.entries import Actor, Released
from roadworthy.release.ledger import Ledger
from roadworthy.release.manifest import build_manifest
from roadworthy.store import Store


def release_files(store: Store, folder: Path, at: datetime, capability: str = "help-desk") -> None:
    """Release a folder's files as they are, as the capability's next release."""
    manifest = build_manifest(
        capability=capability,
        kind="model",
        parameters=small_capability().model_dump(mode="json", by_alias=True),
        files=digest_files(folder),
        sources=(),
        code=CodeIdentity(commit="c" * 40, tree="d" * 64, clean=True, changed_files=()),
        environment="e" * 64,
    )
    digest = publish_bundle(store, folder, manifest, b"{}")
    ledger = Ledger(store, capability, lambda: at)
    ledger.record(
        lambda entries: Released(release=len(entries) + 1, digest=digest, commit="c" * 40, clean_work_tree=True),
        by=Actor(name="tests"),
    )
