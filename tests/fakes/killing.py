"""A death at a chosen write: what a process leaves behind that is killed there, without the cost of a process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fakes.small_registry import SmallRegistry

WRITES = ("create", "log_", "set_", "update_", "delete_", "transition_", "finalize_", "restore_")


class Killed(BaseException):
    """Nobody catches it, as nobody catches kill -9; what was written before it stays."""


@dataclass
class Death:
    """Comes when more than `after` writes were made to the things it watches."""

    after: int
    writes: int = 0

    def watching(self, small: SmallRegistry) -> SmallRegistry:
        """Return `small` with its store and its MLflow watched."""
        ledger = replace(small.ledger, store=_Watched(small.ledger.store, self))
        registry = replace(small.registry, client=_Watched(small.registry.client, self))
        return replace(small, ledger=ledger, registry=registry)

    def count(self) -> None:
        """Die instead of one write too many."""
        if self.writes == self.after:
            raise Killed
        self.writes += 1


def killed_ever_later(small: SmallRegistry, work: Callable[[SmallRegistry], object]) -> int:
    """Do `work` again and again, each time killed one write later, until it is done; return how often it died."""
    for deaths in range(200):
        try:
            work(Death(after=deaths).watching(small))
        except Killed:
            continue
        return deaths
    raise AssertionError("it never comes to an end")


class _Watched:
    """Passes everything on to the real thing, and counts the writes."""

    def __init__(self, real: Any, death: Death) -> None:
        self._real = real
        self._death = death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not name.startswith(WRITES):
            return found

        def write(*arguments: Any, **named: Any) -> Any:
            self._death.count()
            return found(*arguments, **named)

        return write
