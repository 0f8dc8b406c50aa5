"""How long a part that died waits before it is started again."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A part that lived so long was well: the next death counts as its first."""


@dataclass(frozen=True)
class Backoff:
    """Doubles the wait with each death in a row."""

    deaths: int = 0

    def after(self, lived_seconds: float) -> Backoff:
        """Return the state after one more death."""
        return Backoff(1 if lived_seconds >= STEADY_SECONDS else self.deaths + 1)

    @property
    def seconds(self) -> float:
        """How long to wait now; none before the first death."""
        # The exponent is bounded, because a float is.
        return min(FIRST_SECONDS * 2.0 ** min(self.deaths - 1, 16), LONGEST_SECONDS) if self.deaths else 0.0
