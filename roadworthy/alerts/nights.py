"""The dead man's question: is there a report of every night that is over, and does it name every capability?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.service_levels.objectives import Severity

LOOK_BACK = 14
"""So many nights are looked at: what is older nobody reads any more, and its alert ends."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class NightReport:
    """A whole report, and whom it is about."""

    night: date
    capabilities: frozenset[str]


@dataclass(frozen=True)
class Expected:
    """From when on, and until when, nights have to have a report."""

    first: date
    last: date

    @classmethod
    def at(cls, now: datetime, watched_since: datetime, due: timedelta) -> Expected:
        """Return what is expected at `now`: a report `due` after its night's end.

        Nothing is expected of nights before `watched_since`. The night in whose course the watch began counts.
        """
        return cls(watched_since.astimezone(UTC).date(), (now.astimezone(UTC) - due).date() - _DAY)

    @property
    def in_sight(self) -> Iterator[date]:
        """The nights that are looked at one by one, in order."""
        first = max(self.first, self.last - (LOOK_BACK - 1) * _DAY)
        return (first + back * _DAY for back in range((self.last - first).days + 1))


def missing_nights(reports: tuple[NightReport, ...], expected: Expected) -> tuple[Finding, ...]:
    """Return each night that lacks a report, by its date, also behind newer ones, until it is read or out of sight.

    A report that lacks a capability of an earlier one in sight is told of that capability. When nobody has read the
    last two nights or more, somebody is called: they are counted, all of them.
    """
    by_night = {one.night: one.capabilities for one in reports}
    missing = tuple(_finding("", night) for night in expected.in_sight if night not in by_night)
    return (*_silence(max(by_night, default=None), expected), *missing, *_left_out(by_night, expected))


def _silence(newest: date | None, expected: Expected) -> Iterator[Finding]:
    known = max(newest or date.min, expected.first - _DAY)
    if (missing := (expected.last - known).days) > 1:
        yield Finding(
            kind=AlertKind.NIGHT_MISSING, severity=Severity.PAGE, measure="nights_missing", measured=missing, bound=0
        )


def _left_out(reports: dict[date, frozenset[str]], expected: Expected) -> Iterator[Finding]:
    known: frozenset[str] = frozenset()
    for night in expected.in_sight:
        told = reports.get(night)
        if told is not None:
            yield from (_finding(name, night) for name in sorted(known - told))
            known |= told


def _finding(capability: str, night: date) -> Finding:
    return Finding(
        kind=AlertKind.NIGHT_MISSING,
        capability=capability,
        severity=Severity.TICKET,
        measure=f"night_{night.isoformat()}",
    )
