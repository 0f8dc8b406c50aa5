"""Remembers that a service is down, so that an outage costs a wait now and then, not one per request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outage:
    """After `failures` failed calls in a row the service is left alone; then one caller per pause tries again.

    The circuit breaker of `purgatory` lets all callers through at once when its time is up. For one event loop.
    """

    failures: int = 3
    pause_seconds: float = 0.5
    clock: Callable[[], float] = time.monotonic
    _failed: int = field(default=0, init=False)
    _next_try: float = field(default=0.0, init=False)

    @property
    def lasts(self) -> bool:
        """Whether the service is taken to be down."""
        return self._failed >= self.failures

    def may_try(self) -> bool:
        """Tell whether this caller should call the service."""
        if not self.lasts:
            return True
        now = self.clock()
        if now < self._next_try:
            return False
        self._next_try = now + self.pause_seconds
        return True

    def failed(self) -> bool:
        """Note a failed call; tell whether the outage begins with it."""
        self._failed += 1
        self._next_try = self.clock() + self.pause_seconds
        return self._failed == self.failures

    def worked(self) -> bool:
        """Note a call that worked; tell whether an outage ends with it."""
        ended, self._failed = self.lasts, 0
        return ended
