"""Memory in processes that import large libraries: searched for garbage rarely, and given back between two steps."""

from __future__ import annotations

import ctypes
import gc
import sys

ALLOCATIONS = 50_000
"""Between two searches among the youngest objects; Python's own 700 cost a sixth of the time of a large import."""


def collect_rarely() -> None:
    """Search for garbage less often; what is freed by counting references is freed at once as always."""
    gc.set_threshold(ALLOCATIONS, 20, 50)


def give_back() -> None:
    """Free what a step left behind, and return the pages to the system: the next step runs in another process."""
    gc.collect()
    gc.freeze()  # What is left, libraries mostly, is not searched again.
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # Only the GNU C library has it.
    if trim:
        trim(0)
