"""Processes with all their descendants: known again by number and start, and ended without a rest."""

# Late imports: start-up time.
from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process

_SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER in linux/prctl.h."""
PATIENCE_SECONDS = 15.0
"""From the request to end until the end by force; uvicorn and Prefect take up to ten."""


@dataclass(frozen=True)
class Known:
    """A process that leads a group, known by when it started: its number may be given to another later."""

    process: int
    started: float

    @classmethod
    def of(cls, process: int) -> Known:
        """Return what is known of a process that was just started; it may be dead already."""
        import psutil

        try:
            return cls(process, psutil.Process(process).create_time())
        except psutil.NoSuchProcess:
            return cls(process, 0.0)

    def alive(self) -> Process | None:
        """Return the process if it is still the same one, and no zombie."""
        import psutil

        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.process)
            if abs(found.create_time() - self.started) < 1 and found.status() != psutil.STATUS_ZOMBIE:
                return found
        return None


def end(known: Known, patience: float = PATIENCE_SECONDS) -> bool:
    """End the process's group and its descendants in other groups, by force after `patience` seconds.

    Returns whether it was alive.
    """
    import psutil

    leader = known.alive()
    if leader is None:
        return False
    with suppress(psutil.NoSuchProcess):
        family = [leader, *leader.children(recursive=True)]
        _signal_group(known.process, signal.SIGTERM)
        psutil.wait_procs([leader], timeout=patience)
        # A group outlives its leader: what is left of it goes too, and so do steps in groups of their own.
        _signal_group(known.process, signal.SIGKILL)
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=patience)
    return True


def end_rest(group: int) -> None:
    """End what is left of a group whose leader is dead: it may hold the port that the next one needs."""
    _signal_group(group, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent dies, as prctl(2) has it; only Linux can."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl:
        prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans() -> None:
    """End every descendant that is left: steps of a flow whose process was killed, in groups of their own."""
    import psutil

    left = psutil.Process().children(recursive=True)
    for member in left:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(left, timeout=PATIENCE_SECONDS)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)
