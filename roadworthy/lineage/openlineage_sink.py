"""Keeps lineage as OpenLineage events: a file an event in a folder, and a backend besides when one is configured."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import write_bytes
from roadworthy.errors import Unavailable
from roadworthy.lineage.forwarding import Forwarding
from roadworthy.lineage.interface import StepRecord, StepStart

# Late imports below: start-up time.

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent


class OpenLineageSink:
    """Writes each event to `folder`, whole or not at all, then passes it on.

    The files are the record: `records.RecordFolder` reads them. openlineage's own file transport writes in place, so
    that a killed run could leave half an event; ours does not.
    """

    def __init__(self, folder: Path) -> None:
        """Write to `folder`, which is made when it is needed."""
        self._folder = folder
        self._forwarding: dict[str, Forwarding] = {}

    def start(self, start: StepStart) -> None:
        """See `Sink.start`."""
        from roadworthy.lineage.event_writing import start_event

        event = start_event(start)
        self._write(event, "START", start.started, start.run_id)
        forwarding = self._forwarding[start.run_id] = Forwarding(start.job)
        forwarding.send(event)

    def end(self, record: StepRecord) -> None:
        """See `Sink.end`."""
        from roadworthy.lineage.event_writing import end_event

        event = end_event(record)
        forwarding = self._forwarding.pop(record.run_id, None) or Forwarding(record.job)
        try:
            self._write(event, record.outcome.upper(), record.started, record.run_id)
            forwarding.send(event)
        finally:
            forwarding.finish()

    def _write(self, event: RunEvent, kind: str, started: datetime, run_id: str) -> None:
        from roadworthy.lineage.event_writing import event_bytes

        path = self._folder / f"{started:%Y%m%dT%H%M%S.%fZ}-{run_id}-{kind}.json"
        try:
            write_bytes(path, event_bytes(event))
        except OSError as error:
            raise Unavailable(
                f"lineage can't be written: {error.strerror}",
                where=str(self._folder),
                remedy="make room or set its permissions, then run the step again",
            ) from error
