"""The records of all steps that ended, read from the folder that holds their OpenLineage events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from roadworthy.lineage.event_reading import record_from_event
from roadworthy.lineage.interface import StepRecord


@dataclass(frozen=True)
class RecordFolder:
    """A folder of events, which may not exist yet and may hold files of other people."""

    folder: Path

    def all(self) -> tuple[StepRecord, ...]:
        """Return the records, oldest end first; a file that is no event of ours is passed over."""
        found = (self._read(path) for kind in ("COMPLETE", "FAIL") for path in self.folder.glob(f"[!.]*-{kind}.json"))
        return tuple(sorted((record for record in found if record), key=lambda record: (record.ended, record.run_id)))

    def _read(self, path: Path) -> StepRecord | None:
        try:
            return record_from_event(json.loads(path.read_bytes()))
        except (OSError, ValueError):
            return None
