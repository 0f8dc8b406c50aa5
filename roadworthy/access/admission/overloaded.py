"""What a request is told that gets no place."""

from __future__ import annotations

from enum import StrEnum

from roadworthy.errors import Busy


class OverloadReason(StrEnum):
    """Why there was no place."""

    TENANT = "tenant"
    """The tenant's own share of the queue is full: status 429."""
    ALL = "all"
    """The whole queue is full: status 503."""
    DEADLINE = "deadline"
    """The request's time was over before its turn came: status 503."""


_SAID = {
    OverloadReason.TENANT: "too many requests of this tenant are waiting",
    OverloadReason.ALL: "too many requests are waiting",
    OverloadReason.DEADLINE: "the request's time was over before its turn came",
}


class Overloaded(Busy):
    """There is no place now; `reason` says whose fault it is, `retry_after_seconds` when there may be one."""

    def __init__(self, reason: OverloadReason, retry_after_seconds: float) -> None:
        super().__init__(_SAID[reason], remedy=f"try again in {max(1, round(retry_after_seconds))} s")
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds

    @property
    def status(self) -> int:
        """The HTTP status that says this."""
        return 429 if self.reason is OverloadReason.TENANT else 503

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the reason when the error crosses a process's border."""
        return (Overloaded, (self.reason, self.retry_after_seconds))
