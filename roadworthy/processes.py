"""Asks after processes by their number."""

from __future__ import annotations

import os


def is_alive(process: int) -> bool:
    """Say whether a process of this number runs on this machine, whosever it is."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
