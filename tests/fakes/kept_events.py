"""A small real recorder in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from roadworthy.telemetry.event import Content, Event


@dataclass
class KeptEvents:
    """Keeps the promises of `Recorder`; holds at most `bound` events."""

    bound: int = 10_000
    events: list[Event] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    lost: int = 0
    _closed: bool = False

    def record(self, event: Event, content: Content | None = None) -> None:
        """See `Recorder.record`."""
        if self._closed or len(self.events) >= self.bound:
            self.lost += 1
            return
        self.events.append(event)
        self.contents += [content] if content else []

    def close(self) -> None:
        """See `Recorder.close`."""
        self._closed = True
