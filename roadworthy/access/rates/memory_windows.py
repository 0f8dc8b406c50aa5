"""Moving windows in this process's memory: exact, a few microseconds, and no larger than what is being counted.

The in-memory storage of `limits` starts a task and a thread's job per call and name, which costs many times the call.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from roadworthy.access.rate_limit import RateLimit

_SWEPT_PER_CALL = 2
"""More than the one window that a call can add, so that windows of users who left go."""


@dataclass
class _Window:
    seconds: int
    moments: deque[float] = field(default_factory=deque)

    def drop_old(self, now: float) -> None:
        moments, end = self.moments, now - self.seconds
        while moments and moments[0] <= end:
            moments.popleft()


@dataclass
class MemoryWindows:
    """See `Windows`; for one event loop."""

    clock: Callable[[], float] = time.monotonic
    _windows: OrderedDict[str, _Window] = field(default_factory=OrderedDict, init=False, repr=False)

    @property
    def names(self) -> int:
        """How many windows are kept."""
        return len(self._windows)

    async def take(self, name: str, limit: RateLimit, cost: int = 1) -> float:
        """See `Windows.take`."""
        now = self.clock()
        self._sweep(now)
        wait = self._wait(name, limit, cost, now)
        if wait == 0.0:
            window = self._windows.setdefault(name, _Window(limit.seconds))
            window.moments.extend([now] * cost)
        return wait

    async def wait(self, name: str, limit: RateLimit, cost: int = 1) -> float:
        """See `Windows.wait`."""
        return self._wait(name, limit, cost, self.clock())

    async def aclose(self) -> None:
        """See `Windows.aclose`."""

    def _wait(self, name: str, limit: RateLimit, cost: int, now: float) -> float:
        if cost > limit.amount:
            return float(limit.seconds)
        window = self._windows.get(name)
        if window is None:
            return 0.0
        window.seconds = limit.seconds
        window.drop_old(now)
        too_many = len(window.moments) + cost - limit.amount
        return 0.0 if too_many <= 0 else window.moments[too_many - 1] + limit.seconds - now

    def _sweep(self, now: float) -> None:
        """Look at the next windows in turn, and forget those that count nothing any more."""
        for _ in range(min(_SWEPT_PER_CALL, len(self._windows))):
            name, window = self._windows.popitem(last=False)
            if window.moments and window.moments[-1] > now - window.seconds:
                self._windows[name] = window
