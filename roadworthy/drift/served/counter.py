"""The counter of one gateway process: takes rows as they are predicted, and writes what it counted every minute."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from roadworthy.drift.served.counting import count_scores
from roadworthy.drift.served.day import ServedDay
from roadworthy.drift.served.interface import PredictedRows
from roadworthy.telemetry.segments import Segment, new_segment

_LOG = logging.getLogger(__name__)


class ServedCounter:
    """A `Counting` for one process; several may write into one folder.

    Rows wait in memory until the next round, which its thread does every `every` seconds, and are then on the disk as
    counts: a killed process loses the rows since then. A segment is one process's UTC day. Rows beyond `most_waiting`
    are left out; the night's report says how many are missing.
    """

    def __init__(
        self,
        folder: Path,
        seal: Callable[[], object] = lambda: None,
        every: float = 60,
        most_waiting: int = 100_000,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """`seal` is called when a segment was closed, in the counter's thread."""
        self._folder, self._seal, self._every, self._most, self._today = folder, seal, every, most_waiting, today
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._waiting: list[PredictedRows] = []
        self._rows = self.left_out = 0
        self._segment: tuple[date, Segment] | None = None
        self._thread = threading.Thread(target=self._work, name="drift-counter", daemon=True)
        self._thread.start()

    def note(self, rows: PredictedRows) -> None:
        """See `Counting.note`."""
        with self._lock:
            if self._rows + len(rows.scores) > self._most:
                self.left_out += len(rows.scores)
                return
            self._waiting.append(rows)
            self._rows += len(rows.scores)

    def close(self) -> None:
        """See `Counting.close`."""
        self._closing.set()
        self._thread.join(10)

    def round(self) -> None:
        """Count what waits, write it, and close the segment of a day that is over; for the counter's thread."""
        with self._lock:
            waiting, self._waiting, self._rows = self._waiting, [], 0
        try:
            if days := count_days(waiting):
                self._append(days)
            if self._segment is not None and self._segment[0] != self._today():
                self._end()
        except Exception as error:  # Else one fault would end the thread. The report says what is missing.
            self.left_out += sum(len(one.scores) for one in waiting)
            _LOG.warning("drift: %d predicted rows were not counted: %s", self.left_out, type(error).__name__)

    def _work(self) -> None:
        while not self._closing.wait(self._every):
            self.round()
        self.round()
        self._end()

    def _append(self, days: Sequence[ServedDay]) -> None:
        lines = [one.model_dump_json().encode() + b"\n" for one in days]
        if self._segment is None:
            # Rows of a day that is over since must not wait until today is over too.
            self._segment = min(one.day for one in days), new_segment(self._folder, time.monotonic())
        try:
            self._segment[1].append(lines, len(lines))
        except OSError:
            # It alone may be what does not work: the next round tries another.
            self._end()
            raise

    def _end(self) -> None:
        if self._segment is not None:
            self._segment[1].close()
            self._segment = None
            try:
                self._seal()
            except Exception as error:  # Segments wait on the disk for the nightly watch.
                _LOG.warning("drift: what was counted waits to be sealed: %s", type(error).__name__)


def count_days(rows: Sequence[PredictedRows]) -> list[ServedDay]:
    """Count rows by capability, release and UTC day."""
    together: dict[tuple[str, str, date], list[PredictedRows]] = {}
    for one in rows:
        key = one.capability, one.digest, one.at.astimezone(UTC).date()
        together.setdefault(key, []).append(one)
    return [_count(parts, day) for (_, _, day), parts in together.items()]


def _count(parts: Sequence[PredictedRows], day: date) -> ServedDay:
    first = parts[0]
    scores = [score for one in parts for score in one.scores]
    columns = [[value for one in parts for value in one.columns[place]] for place in range(len(first.columns))]
    return ServedDay(
        capability=first.capability,
        release=first.release,
        digest=first.digest,
        day=day,
        rows=len(scores),
        profile=first.counter.count(columns, len(scores)),
        scores=count_scores(scores),
    )
