"""Where events go: a recorder never makes a request wait and never fails it."""

from __future__ import annotations

from typing import Protocol

from roadworthy.telemetry.event import Content, Event


class Recorder(Protocol):
    """Takes events as they happen."""

    def record(self, event: Event, content: Content | None = None) -> None:
        """Keep the event. Returns at once and never raises; what could not be kept is counted in `lost`."""

    @property
    def lost(self) -> int:
        """How many events were lost since the start."""

    def close(self) -> None:
        """Write what is still held, and stop."""
