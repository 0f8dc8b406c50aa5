"""Events as the table that readers of telemetry get."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fakes.memory_store import MemoryStore

from roadworthy.telemetry.event import Event
from roadworthy.telemetry.lines import event_line
from roadworthy.telemetry.reading import Window, read_events

if TYPE_CHECKING:
    import pyarrow as pa

from datetime import UTC, datetime

ALWAYS = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))


def table_of(*events: Event) -> pa.Table:
    """Write the events of 2026 as the recorder does, and read them."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "x.jsonl").write_bytes(b"".join(map(event_line, events)))
        return read_events(MemoryStore(), ALWAYS, segments=Path(folder))
