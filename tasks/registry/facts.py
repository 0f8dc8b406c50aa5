"""What MLflow shows of a release, taken from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from roadworthy.release.entries import Entry, Released, Stage
from roadworthy.release.standing import Evidence, ReleaseRecord, standing_of


@dataclass(frozen=True)
class ReleaseFacts:
    """A release as the ledger knows it."""

    capability: str
    release: int
    digest: str
    commit: str
    clean_work_tree: bool
    stage: Stage
    released_at: datetime
    released_by: str
    evidence: Mapping[str, Evidence]

    @property
    def reference(self) -> str:
        """What people call it."""
        return f"{self.capability}@{self.release}"

    @property
    def work_tree(self) -> str:
        """Whether it was made from committed files."""
        return "clean" if self.clean_work_tree else "uncommitted changes"

    @property
    def released_milliseconds(self) -> int:
        """When it was released, as MLflow counts time; a rebuilt registry shows the same."""
        return int(self.released_at.timestamp() * 1000)


def facts_of(capability: str, entries: tuple[Entry, ...]) -> tuple[ReleaseFacts, ...]:
    """Return the facts of every release, in the order of the numbers."""
    makers = {entry.fact.release: entry.by.name for entry in entries if isinstance(entry.fact, Released)}
    releases = standing_of(capability, entries).releases
    return tuple(_facts(capability, record, makers[record.number]) for record in releases)


def _facts(capability: str, record: ReleaseRecord, released_by: str) -> ReleaseFacts:
    return ReleaseFacts(
        capability=capability,
        release=record.number,
        digest=record.digest,
        commit=record.commit,
        clean_work_tree=record.clean_work_tree,
        stage=record.stage,
        released_at=record.released_at,
        released_by=released_by,
        evidence=record.evidence,
    )
