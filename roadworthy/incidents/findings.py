"""What is found out about an incident: its milestones, and what it came to in requests, budgets and money."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from roadworthy.chain.link import Kept, Moment


class Milestones(Kept):
    """When it began, was noticed, was mitigated and ended; None is not known, or not yet."""

    started: Moment | None
    """None as long as nobody has said; then spans count from the detection."""
    detected: Moment
    detected_by: str
    mitigated: Moment | None = None
    mitigated_by: str = ""
    ended: Moment | None = None

    @property
    def began(self) -> datetime:
        """The start as far as it is known: the one that somebody gave, or the detection."""
        return self.started or self.detected

    @property
    def time_to_detect(self) -> timedelta | None:
        """From the start to the detection; None when the start is not known, or clocks contradict each other."""
        return _span(self.started, self.detected)

    @property
    def time_to_mitigate(self) -> timedelta | None:
        """From the start, as far as it is known, to the mitigation; None as above."""
        return _span(self.began, self.mitigated)

    @property
    def duration(self) -> timedelta | None:
        """From the start, as far as it is known, to the end; None as above."""
        return _span(self.began, self.ended)


class ReleaseFigures(Kept):
    """What one release did on one arm meanwhile."""

    release: int
    arm: str
    requests: int
    errors: int
    """Failed or not answered in time."""
    p95_seconds: float | None


class BudgetSpent(Kept):
    """What the incident took of a promise's budget."""

    promise: str
    """success, latency or cost."""
    window_days: int
    used: float
    """Bad requests, or money, from the incident's start to its end."""
    allowed: float
    """As much was promised to be the most in the window that ends with the incident."""
    left: float | None
    """The part of the whole budget that was left at the end: 1 is all, below 0 is more than spent."""

    @property
    def part(self) -> float | None:
        """The part of the whole budget that the incident took; None when there was no budget to take from."""
        return self.used / self.allowed if self.allowed else None


class Spent(Kept):
    """Money in one currency."""

    currency: str
    amount: Decimal


class Figures(Kept):
    """What came to a capability from the incident's start to its end."""

    since: Moment
    until: Moment
    requests: int
    errors: int
    """Failed or not answered in time."""
    refused: int
    escalated: int
    thumbs_down: int
    releases: tuple[ReleaseFigures, ...]
    budgets: tuple[BudgetSpent, ...]
    costs: tuple[Spent, ...]


def _span(begin: datetime | None, end: datetime | None) -> timedelta | None:
    return end - begin if begin is not None and end is not None and end >= begin else None
