"""What a weekly evaluation says that people are told of: production below its gates, or not evaluated at all."""

# Late imports: start-up time.
from __future__ import annotations

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.noting import Scope
from roadworthy.release.entries import Entry, EvidenceRecorded
from roadworthy.service_levels.objectives import Severity

WEEKLY = "weekly_evaluation"


def weekly_scope(capability: str) -> Scope:
    """Return what a weekly evaluation sees."""
    return Scope(frozenset({AlertKind.QUALITY}), capability, measures=frozenset({WEEKLY}))


def weekly_findings(capability: str, entry: Entry | None) -> tuple[Finding, ...]:
    """Return what people have to be told of an evaluation's entry; None is nothing in production."""
    if entry is None or not isinstance(entry.fact, EvidenceRecorded) or entry.fact.verdict == "pass":
        return ()
    return (_finding(capability, entry.fact.release, 0.0 if entry.fact.verdict == "fail" else None),)


def not_evaluated(capability: str) -> tuple[Finding, ...]:
    """Return the same where it could not be evaluated: a week that nobody looked at is never green."""
    return (_finding(capability, 0, None),)


def _finding(capability: str, release: int, passed: float | None) -> Finding:
    return Finding(
        kind=AlertKind.QUALITY,
        capability=capability,
        release=release,
        severity=Severity.TICKET,
        measure=WEEKLY,
        measured=passed,
        bound=1,
    )
