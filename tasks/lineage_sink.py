"""Where lineage goes: a folder below HOME, and any OpenLineage backend that the environment names."""

# Late imports: start-up time.
from __future__ import annotations

from roadworthy.lineage.interface import Sink
from roadworthy.lineage.openlineage_sink import OpenLineageSink
from roadworthy.release.manifest import Manifest
from roadworthy.settings import Settings
from roadworthy.store import AlreadyStored, Store


def lineage_sink(settings: Settings) -> Sink:
    """Return the sink for these settings."""
    return OpenLineageSink(settings.home_path / "lineage")


def lineage_key(digest: str) -> str:
    """Return the key under which a store keeps what the release `digest` was made from."""
    return f"lineage/{digest}.json"


def keep_lineage(settings: Settings, store: Store, manifest: Manifest) -> None:
    """Keep beside the release what its files were made from; what is kept already stays."""
    from roadworthy.lineage.graph import trace
    from roadworthy.lineage.records import RecordFolder

    graph = trace(RecordFolder(settings.home_path / "lineage").all(), manifest.files)
    try:
        store.create(lineage_key(manifest.digest), graph.to_bytes())
    except AlreadyStored:
        return
