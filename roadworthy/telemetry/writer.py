"""Brings events and contents to the disk; for the one thread of a recorder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from roadworthy.telemetry.bounds import Bounds
from roadworthy.telemetry.content_policy import redacted
from roadworthy.telemetry.event import Content, Event
from roadworthy.telemetry.lines import content_line, event_line
from roadworthy.telemetry.rotation import Rotation

_LOG = logging.getLogger(__name__)


class SegmentWriter:
    """Holds events until they are on the disk; what failed is tried again at the next flush."""

    def __init__(self, folder: Path, bounds: Bounds, clock: Callable[[], float]) -> None:
        self.held: list[Event] = []
        """Events that are not on the disk yet, the oldest first."""
        self.contents_lost = 0
        """How many contents could not be redacted or written."""
        self._folder = folder
        self._bounds = bounds
        self._clock = clock
        self._rotation = Rotation(folder, bounds, clock)
        self._not_written = 0
        self._told = 0
        self._told_at = -bounds.report_seconds

    @property
    def lost(self) -> int:
        """How many events had no form in a line, were held at the end, or were removed from the disk by somebody."""
        return self._not_written + self._rotation.lost

    def write(self, contents: list[Content], refused: int) -> None:
        """Write what is held, then the contents, and say in the log what is wrong; never raises.

        `refused` is how many events were lost before they came here.
        """
        problem = ""
        self.contents_lost += len(contents)  # Until they are written.
        try:
            self._write_events()
            # After the events: redaction takes milliseconds a text, and an event may not wait for it.
            self._write_contents(contents)
            self._rotation.rotate()
        except Exception as error:  # Else one fault would end the thread, and lose all that come after it.
            problem = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        self._tell(problem, self.lost + refused)

    def end(self) -> None:
        """Give up what is still held, and let the segment be sealed."""
        if self.held:
            _LOG.warning("telemetry: %d events are lost at the end: %s can't be written", len(self.held), self._folder)
        self._not_written += len(self.held)
        self.held.clear()
        self._rotation.close()

    def _write_events(self) -> None:
        while self.held:
            piece = self.held[: self._bounds.flush_events]
            lines = [line for line in map(_event_line, piece) if line]
            self._rotation.append(lines, events=len(lines))
            self._not_written += len(piece) - len(lines)
            del self.held[: len(piece)]

    def _write_contents(self, contents: list[Content]) -> None:
        lines = [line for line in map(_redacted_line, contents) if line]
        self._rotation.append(lines, events=0)
        self.contents_lost -= len(lines)

    def _tell(self, problem: str, lost: int) -> None:
        now = self._clock()
        if (problem or lost > self._told) and now - self._told_at >= self._bounds.report_seconds:
            why = f"{self._folder}: {problem}" if problem else "more came than could be written"
            _LOG.warning("telemetry: %d events are lost, %d are held: %s", lost, len(self.held), why)
            self._told, self._told_at = lost, now


def _event_line(event: Event) -> bytes | None:
    try:
        return event_line(event)
    except (TypeError, ValueError):
        return None


def _redacted_line(content: Content) -> bytes | None:
    try:
        return content_line(redacted(content))
    except Exception:  # What can't be redacted, for whatever reason, is never kept as it is.
        return None
