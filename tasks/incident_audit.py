"""What the audit log tells about an incident's window."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from roadworthy.audit.facts import (
    Administered,
    ApprovalAnswered,
    AuditedCall,
    AuditEntry,
    Fact,
    Gap,
    GuardBlocks,
    LoginsRefused,
    Switched,
    capabilities_of,
)
from roadworthy.incidents.timeline import Happening, Reading, Source
from tasks.incident_sources import Within


def audit_reading(entries: Iterable[AuditEntry], within: Within, with_switches: bool) -> Reading:
    """Return what the audit log says of the capability or of the house.

    Switches stand in the ledger, so they are told from here only `with_switches`: when that can't be read.

    Tool calls come by the thousand: those that were refused or failed are one line for each tool, at the first one.
    """
    told: list[Happening] = []
    calls: dict[str, list[datetime]] = {}
    for entry in entries:
        fact = entry.fact
        about = capabilities_of(fact)
        if not within.holds(entry.at) or (about and within.capability not in about):
            continue
        if isinstance(fact, AuditedCall):
            if fact.verdict in ("refused", "failed"):
                calls.setdefault(f"{fact.tool}: {fact.verdict}", []).append(entry.at)
        elif (what := _audited(fact, within.capability)) and (with_switches or not isinstance(fact, Switched)):
            told.append(Happening(entry.at, Source.AUDIT, what))
    told += [Happening(min(ats), Source.AUDIT, f"calls of {what}, {len(ats)} times") for what, ats in calls.items()]
    return Reading(Source.AUDIT, tuple(told))


def _audited(fact: Fact, capability: str) -> str:
    match fact:
        case Switched():
            return f"{fact.target} switched {'off' if fact.off else 'on'}"
        case Administered():
            return f"{fact.act}: {fact.key}"
        case ApprovalAnswered():
            return f"a call of {fact.tool} was {fact.answer}"
        case GuardBlocks():
            own = [one for one in fact.blocks if one.capability == capability]
            return f"{len(own)} texts blocked by {', '.join(sorted({one.guard for one in own}))}"
        case LoginsRefused():
            return f"keys refused {fact.count} times: {fact.reason}"
        case Gap():
            return f"{fact.lost} facts lost: they came faster than they could be recorded"
    return ""
