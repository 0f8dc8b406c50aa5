"""Who asks for a place, how many places there are, and what a place in the queue is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

_KEPT_SHARE = 8


@dataclass(frozen=True)
class Party:
    """On whose behalf a request comes. Two requests with equal ones share their limits."""

    tenant: str
    key: str
    """The key's id."""
    at_once: int
    """So many requests of the key may be at work at the same time."""


@dataclass(frozen=True)
class Places:
    """How much one process takes on."""

    at_work: int = 64
    """Requests at work at the same time."""
    waiting: int = 256
    """Requests that wait, of all tenants."""
    waiting_per_tenant: int = 64

    @property
    def kept(self) -> int:
        """So many of the places are kept for tenants with little or nothing at work.

        An eighth, and at least one; but none where there is only one place.
        """
        return max(1, self.at_work // _KEPT_SHARE) if self.at_work > 1 else 0


class TicketState(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    WORKING = "working"
    GONE = "gone"
    PUSHED_OUT = "pushed out"
    """It waited, and lost its place to a tenant with fewer waiting."""


@dataclass(eq=False)
class Ticket:
    """One request's place. Its state is changed by the queue alone."""

    party: Party
    changed: Callable[[], None]
    """Called when it stops waiting by its own turn, or is pushed out."""
    state: TicketState = field(default=TicketState.WAITING)
