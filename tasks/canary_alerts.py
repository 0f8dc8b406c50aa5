"""What a look at a canary says that people are told of: it was taken back, or it waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.noting import Scope
from roadworthy.canary.ramp import Hold, RollBack
from roadworthy.service_levels.objectives import Severity

if TYPE_CHECKING:
    from roadworthy.canary.watching import Watched


def canary_scope(capability: str | None) -> Scope:
    """Return what looks at these canaries see; None: at all."""
    return Scope(frozenset({AlertKind.CANARY_ROLLED_BACK, AlertKind.CANARY_HELD}), capability)


def canary_findings(looks: tuple[Watched, ...]) -> tuple[Finding, ...]:
    """Return what people have to be told of these looks. A canary on its way is no alert."""
    return tuple(found for found in map(_finding, looks) if found is not None)


def _finding(seen: Watched) -> Finding | None:
    held = isinstance(seen.action, Hold) and seen.action.overdue
    if not held and not isinstance(seen.action, RollBack):
        return None
    decided = seen.judgement.decided_by
    return Finding(
        kind=AlertKind.CANARY_HELD if held else AlertKind.CANARY_ROLLED_BACK,
        capability=seen.canary.capability,
        release=seen.canary.release,
        severity=Severity.TICKET if held else Severity.PAGE,
        measure=decided.value if decided else "log_e",
        measured=seen.judgement.log_e,
        bound=seen.judgement.log_needed,
    )
