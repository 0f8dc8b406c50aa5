"""How people write a rate: 60/min, 10 per second, 5 per 2 hours; the notation of the library `limits`, and shorter."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST = 10_000
"""Calls in one window. Each is remembered as a moment, so that this bounds what a key costs in memory."""
_SHORTER = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}
_UNIT = re.compile(r"(?<![a-z])(s|sec|m|min|h|d)s?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class RateLimit:
    """At most `amount` calls in any `seconds` seconds."""

    amount: int
    seconds: int

    def __str__(self) -> str:
        """As it is shown in errors."""
        return f"{self.amount} in {self.seconds} s"


def parse_rate(text: str) -> RateLimit:
    """Read one rate. Raises `ValueError` for anything else, and for more calls than are remembered."""
    # Late imports: start-up time.
    from limits import parse_many

    try:
        limits = parse_many(_UNIT.sub(lambda unit: _SHORTER[unit[1].lower()], text))
    except ValueError:
        raise ValueError("must be a number per time, such as 60/min") from None
    if len(limits) != 1 or limits[0].amount < 1 or limits[0].get_expiry() < 1:
        raise ValueError("must be one rate of at least 1, such as 60/min")
    if limits[0].amount > MOST:
        raise ValueError(f"must be at most {MOST:,} in one window: take a shorter one, such as 1000/second")
    return RateLimit(limits[0].amount, limits[0].get_expiry())
