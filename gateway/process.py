"""What the interpreter is told where a process does nothing but serve."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.0005
"""So long a thread may keep the interpreter while others want it; Python's own 5 ms would pass before each step of the
event loop while a guard's thread is at work."""


@contextmanager
def tuned_for_serving() -> Iterator[None]:
    """Let threads take turns more often, and leave what was loaded by now out of the collection of garbage.

    Looking through hundreds of thousands of objects that stay would stop every request for a tenth of a second. What is
    left out is freed all the same when nobody refers to it, and releases are made so that nobody does once they went.
    At the end it is looked through again.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        sys.setswitchinterval(before)
