"""Where lineage goes: a folder below HOME, and any OpenLineage backend that the environment names."""

from __future__ import annotations

from roadworthy.lineage.interface import Sink
from roadworthy.lineage.openlineage_sink import OpenLineageSink
from roadworthy.settings import Settings


def lineage_sink(settings: Settings) -> Sink:
    """Return the sink for these settings."""
    return OpenLineageSink(settings.home_path / "lineage")
