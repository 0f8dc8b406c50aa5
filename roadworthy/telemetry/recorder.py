"""The recorder that writes segments: a bounded queue in front, one thread behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from roadworthy.telemetry.bounds import Bounds
from roadworthy.telemetry.content_policy import ContentPolicy, longest_text
from roadworthy.telemetry.event import Content, Event
from roadworthy.telemetry.writer import SegmentWriter

_CONTENTS_AT_ONCE = 64
"""So many are redacted between two flushes of events."""


class SegmentRecorder:
    """A `Recorder` for one process; several processes may write into one folder.

    An event is on the disk within `flush_seconds`. While the disk does not take it, it is held, until the queue is
    full. Open it in the process that records: threads don't survive a fork.
    """

    def __init__(
        self,
        folder: Path,
        policy: ContentPolicy = ContentPolicy.NONE,
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bounds = bounds or Bounds()
        self._keeps_content = policy is not ContentPolicy.NONE
        self._writer = SegmentWriter(folder, self._bounds, clock)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._events: list[Event] = []
        self._contents: list[Content] = []
        self._refused = self._contents_refused = 0
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="telemetry", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """See `Recorder.lost`."""
        return self._refused + self._writer.lost

    @property
    def contents_lost(self) -> int:
        """How many contents were left out: too long, too many at once, not to be redacted, or not to be written."""
        return self._contents_refused + self._writer.contents_lost

    @property
    def waiting(self) -> int:
        """How many events are not on the disk yet."""
        return len(self._events) + len(self._writer.held)

    def record(self, event: Event, content: Content | None = None) -> None:
        """See `Recorder.record`."""
        with self._lock:
            if self._closing or self.waiting >= self._bounds.waiting:
                self._refused += 1
                return
            self._events.append(event)
            if content is not None and self._keeps_content:
                self._take(content)
            many = len(self._events) == self._bounds.flush_events
        if many:
            self._wake.set()

    def close(self) -> None:
        """See `Recorder.close`. What comes afterwards is lost."""
        with self._lock:
            self._closing = True
        self._wake.set()
        self._thread.join(self._bounds.close_seconds)

    def _take(self, content: Content) -> None:
        few = len(self._contents) < self._bounds.contents_waiting
        if few and longest_text(content) <= self._bounds.longest_text:
            self._contents.append(content)
        else:
            self._contents_refused += 1

    def _work(self) -> None:
        while not self._closing:
            # Contents that are left over are reason enough to go on at once.
            self._wake.wait(0 if self._contents else self._bounds.flush_seconds)
            self._wake.clear()
            self._round()
        # What came before it was closed, and all contents.
        self._round()
        while self._contents:
            self._round()
        self._writer.end()

    def _round(self) -> None:
        with self._lock:
            self._writer.held += self._events
            self._events = []
            contents = self._contents[:_CONTENTS_AT_ONCE]
            del self._contents[:_CONTENTS_AT_ONCE]
        self._writer.write(contents, self._refused)
