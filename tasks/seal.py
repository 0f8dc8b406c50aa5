"""What the bundle in the work tree is called: its manifest, and by that its digest, before anybody seals it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from roadworthy.digest import digest_file, digest_files
from roadworthy.release.code import identify_code
from roadworthy.release.environment import drift_from_lock
from roadworthy.release.manifest import Manifest, Source, build_manifest
from roadworthy.release.standing import ReleaseRecord, Standing
from roadworthy.workspace import Workspace
from tasks.gathering import LOCK

if TYPE_CHECKING:
    from roadworthy.params.capability import Capability


def manifest_of(capability: Capability, workspace: Workspace) -> Manifest:
    """Return the manifest of the bundle that package has made."""
    return build_manifest(
        capability=workspace.capability,
        kind=capability.kind,
        parameters=capability.model_dump(mode="json", by_alias=True),
        files=digest_files(workspace.bundle),
        sources=_sources(capability, workspace),
        code=identify_code(workspace.root),
        environment=digest_file(workspace.bundle / LOCK),
        drift=drift_from_lock((workspace.bundle / LOCK).read_text(encoding="utf-8")),
    )


def own_release(capability: Capability, workspace: Workspace, standing: Standing) -> ReleaseRecord | None:
    """Return the release that the bundle in the work tree has become; None when it has not been registered."""
    return standing.by_digest(manifest_of(capability, workspace).digest)


def _sources(capability: Capability, workspace: Workspace) -> tuple[Source, ...]:
    validation = json.loads((workspace.bundle / "validation" / "validation.json").read_bytes())
    rows = {name: int(table["rows"]) for name, table in validation["tables"].items()}
    tables = tuple(
        Source(table=name, uri=source.uri, sha256=source.sha256, rows=rows.get(name))
        for name, source in sorted(capability.ingest.sources.items())
    )
    weights = capability.weights if capability.kind == "assistant" else {}
    return tables + tuple(Source(table=name, uri=pin.uri, sha256=pin.sha256) for name, pin in weights.items())
