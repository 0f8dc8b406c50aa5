"""Where the tests' files lie: in memory where there is enough of it, for the store waits for the disk at each write."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 8 << 30
"""Four times what a run of all tests leaves at most."""


def use_memory_for_files() -> None:
    """Have pytest make its temporary folders in memory, unless somebody has said where, or there is too little."""
    if "PYTEST_DEBUG_TEMPROOT" not in os.environ and _has_room(MEMORY):
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)


def _has_room(folder: Path) -> bool:
    """Return whether programs can be written there and started, and there is room, in memory too."""
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return min(shutil.disk_usage(folder).free, psutil.virtual_memory().available) > ENOUGH_BYTES
