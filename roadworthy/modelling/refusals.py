"""Why a request gets no scores, although its rows are good: too many wait, its time is over, or the model went."""

from __future__ import annotations

from roadworthy.errors import Busy, Unavailable


class Overloaded(Busy):
    """So many rows wait already that another request would wait too long; `retry_after` says when to come again."""

    def __init__(
        self, problem: str, *, where: str | None = None, remedy: str | None = None, retry_after: float = 1.0
    ) -> None:
        super().__init__(problem, where=where, remedy=remedy)
        self.retry_after = retry_after
        """Seconds."""


class TooLate(Unavailable):
    """The scores were not there when the request's time was over."""


class Closed(Unavailable):
    """The model was put away."""
