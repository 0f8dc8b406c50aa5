"""What limits calls in time: verdicts, and the windows in which calls are counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from roadworthy.access.rate_limit import RateLimit


class LimitScope(StrEnum):
    """Whose limit it is."""

    KEY = "key"
    USER = "user"
    OUTAGE = "outage"
    """Nobody's: the shared count can't be read, and the settings say to refuse then."""


@dataclass(frozen=True)
class Admitted:
    """The call may be made, and was counted."""


@dataclass(frozen=True)
class Limited:
    """The call may not be made now."""

    retry_after_seconds: float
    """When there may be room for one call; nobody promises it."""
    scope: LimitScope


class Windows(Protocol):
    """Counts calls under names in moving windows: at most `limit.amount` in any `limit.seconds` seconds.

    Each method raises `Unavailable` when the counts can't be reached; within a tenth of a second, unless set otherwise.
    """

    async def take(self, name: str, limit: RateLimit, cost: int = 1) -> float:
        """Count `cost` calls and return 0; or count nothing and return the seconds after which one may have room.

        A cost above the limit's amount never has room.
        """

    async def wait(self, name: str, limit: RateLimit, cost: int = 1) -> float:
        """Return what `take` would, and count nothing."""

    async def aclose(self) -> None:
        """Let connections go."""
