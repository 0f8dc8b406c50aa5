"""The dead man's question: is there a report of every night that is over?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.service_levels.objectives import Severity

_DAY = timedelta(days=1)


def missing_nights(newest: date | None, watched_since: datetime, now: datetime, due: timedelta) -> tuple[Finding, ...]:
    """Return what is wrong when the newest report (UTC date; None when there is none) is older than it should be.

    A night's report has to be there `due` after the night's end. Nights before `watched_since` count for nothing. One
    night is a ticket; from the second on, nobody has watched for two days, and somebody is called.
    """
    last = (now.astimezone(UTC) - due).date() - _DAY
    # The night in whose course the watch began was not expected of anybody.
    first = watched_since.astimezone(UTC).date()
    known = max(newest or date.min, first - _DAY)
    missing = (last - known).days
    if missing <= 0:
        return ()
    severity = Severity.PAGE if missing > 1 else Severity.TICKET
    return (
        Finding(kind=AlertKind.NIGHT_MISSING, severity=severity, measure="nights_missing", measured=missing, bound=0),
    )
