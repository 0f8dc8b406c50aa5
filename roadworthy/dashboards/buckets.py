"""Time in equal pieces, of which a day holds a whole number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from roadworthy.telemetry.reading import Window

MOST = 96
_STEPS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 360, 480, 720, 1440))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Buckets:
    """The pieces of a window; the first and the last may be parts of one. A bucket's number counts from 1970."""

    window: Window
    step: timedelta
    first: int
    last: int

    @property
    def moments(self) -> tuple[datetime, ...]:
        """When each begins."""
        return tuple(_EPOCH + number * self.step for number in self.numbers)

    @property
    def numbers(self) -> range:
        """Of all buckets, also those in which nothing happened."""
        return range(self.first, self.last + 1)

    @property
    def microseconds(self) -> int:
        """The length of a whole one."""
        return self.step // timedelta(microseconds=1)

    def minutes(self, number: int) -> float:
        """Return how much of a bucket lies in the window, in minutes."""
        begin = _EPOCH + number * self.step
        end = min(begin + self.step, self.window.until)
        return (end - max(begin, self.window.since)) / timedelta(minutes=1)


def buckets_of(window: Window) -> Buckets:
    """Return the window in pieces: at most 96 and a part, in steps from a quarter of an hour to a day."""
    step = next((one for one in _STEPS if (window.until - window.since) / one <= MOST), _STEPS[-1])
    last = window.until - timedelta(microseconds=1)
    return Buckets(window, step, (window.since - _EPOCH) // step, (last - _EPOCH) // step)
