"""Which segment a process writes now: a new one after a while, after so many bytes, and after a failure."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from roadworthy.telemetry.bounds import Bounds
from roadworthy.telemetry.segments import Segment, new_segment


class Rotation:
    """Writes lines into one segment after another; for one thread."""

    def __init__(self, folder: Path, bounds: Bounds, clock: Callable[[], float]) -> None:
        self.lost = 0
        """How many events were on the disk when somebody else removed their segment."""
        self._folder = folder
        self._bounds = bounds
        self._clock = clock
        self._segment: Segment | None = None

    def append(self, lines: list[bytes], events: int) -> None:
        """Write the lines, `events` of them events, durably. Raises `OSError`; then none of them is kept."""
        if not lines:
            return
        if self._segment is not None:
            # It alone may be what does not work: it was removed, or is as large as the system lets it be.
            with suppress(OSError):
                self._append(self._segment, lines, events)
                return
        self._segment = new_segment(self._folder, self._clock())
        self._append(self._segment, lines, events)

    def _append(self, segment: Segment, lines: list[bytes], events: int) -> None:
        try:
            segment.append(lines, events)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                self.lost += segment.events
            # A flush that failed once may seem to work the second time, though nothing is on the disk: fsync(2).
            self.close()
            raise

    def rotate(self) -> None:
        """Close the segment when it is old or large enough."""
        segment = self._segment
        if segment is None:
            return
        old = self._clock() - segment.opened >= self._bounds.segment_seconds
        if old or segment.size >= self._bounds.segment_bytes:
            self.close()

    def close(self) -> None:
        """Let the segment be sealed, if there is one."""
        if self._segment is not None:
            segment, self._segment = self._segment, None
            segment.close()
