"""What a night's real answers say that people are told of: a metric that dropped, or that nobody could score them."""

# Late imports: start-up time.
from __future__ import annotations

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.live_quality.report import NightQuality, QualityVerdict
from roadworthy.service_levels.objectives import Severity

_MEASURE = "answers"


def quality_findings(found: NightQuality | None) -> tuple[Finding, ...]:
    """Return what people have to be told of a night's answers; None is a capability that gives none."""
    if found is None:
        return ()
    if found.verdict is QualityVerdict.NOT_EVALUATED:
        return not_scored(found.capability)
    return tuple(
        Finding(
            kind=AlertKind.QUALITY,
            capability=found.capability,
            release=drop.release,
            severity=Severity.TICKET,
            measure=f"{_MEASURE}.{drop.metric}",
            measured=drop.value,
            bound=drop.expected,
        )
        for drop in found.drops
    )


def not_scored(capability: str) -> tuple[Finding, ...]:
    """Return the same where they could not be scored: a night that nobody looked at is never green."""
    measure = f"{_MEASURE}.not_evaluated"
    return (Finding(kind=AlertKind.QUALITY, capability=capability, severity=Severity.TICKET, measure=measure),)
