"""How often a caller may call a tool: a moving window, with the library `limits`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from roadworthy.tools.interface import Caller

if TYPE_CHECKING:
    from limits.storage import Storage
    from limits.strategies import MovingWindowRateLimiter

# Late imports: start-up time.


def checked_rate(text: str) -> str:
    """Return `text` if it is one limit such as 5/minute. Raises `ValueError`."""
    from limits import parse_many

    try:
        rates = parse_many(text)
    except ValueError:
        raise ValueError("must be a number per time, such as 5/minute") from None
    if len(rates) != 1 or rates[0].amount < 1:
        raise ValueError("must be one limit of at least 1, such as 5/minute")
    return text


class RateLimiter:
    """Counts the calls of each tool and caller; in this process's memory, unless another storage is given."""

    def __init__(self, storage: Storage | None = None) -> None:
        self._storage = storage
        self._strategy: MovingWindowRateLimiter | None = None
        self._lock = threading.Lock()

    def take(self, rate: str, purpose: str, tool: str, caller: Caller) -> bool:
        """Count one call and tell whether `rate` allows it; one that it does not allow is not counted.

        Raises what the storage raises when it can't be reached.
        """
        from limits import parse

        # A customer can't get a fresh count by opening another conversation.
        who = f"user:{caller.user}" if caller.user else f"conversation:{caller.conversation}"
        # The storage in memory may drop a key's lock while somebody waits for it.
        with self._lock:
            return bool(self._window().hit(parse(rate), purpose, caller.capability, tool, who))

    def _window(self) -> MovingWindowRateLimiter:
        if self._strategy is None:
            from limits.storage import MemoryStorage
            from limits.strategies import MovingWindowRateLimiter

            self._strategy = MovingWindowRateLimiter(self._storage or MemoryStorage())
        return self._strategy
