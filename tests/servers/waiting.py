"""Waiting for what a server does a moment after its answer, or in the background."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], seconds: float = 10, what: object = None) -> None:
    """Poll until something holds; fail after `seconds`, and say `what` did not come."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)
