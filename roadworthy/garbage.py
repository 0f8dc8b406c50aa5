"""Python's garbage collector, told to run rarely: importing large libraries makes it search in vain."""

from __future__ import annotations

import gc

ALLOCATIONS = 50_000
"""Between two searches among the youngest objects; Python's own 700 cost a sixth of the time of a large import."""


def collect_rarely() -> None:
    """Search for garbage less often; what is freed by counting references is freed at once as always."""
    gc.set_threshold(ALLOCATIONS, 20, 50)
