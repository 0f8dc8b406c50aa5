"""Nights in a row that could not say whether a model does harm: each alone is usual, so many of them are told."""

# Late imports: start-up time.
from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.evaluation.checks import FEWEST_UNITS
from roadworthy.performance.trigger import HarmBudget, TriggerVerdict
from roadworthy.replay.settings import ReplaySettings
from roadworthy.service_levels.objectives import Severity
from tasks.night import REPORTS, Night

MEASURE = "nights_blind"
_LOOK_BACK = 28


def usual_blindness(budget: HarmBudget) -> int:
    """Return how many first nights of a release are always blind: estimates need some, a decision some of those."""
    return FEWEST_UNITS - 1 + budget.needed - 1


def blind_findings(root: Path, night: Night) -> tuple[Finding, ...]:
    """Return each model for which more nights in a row than a new release has were blind, up to this one.

    Earlier nights are known by their reports below `root`; one without a report, or on which nobody
    asked, neither counts nor ends the row.
    """
    usual = usual_blindness(ReplaySettings().budget)
    found = []
    for one in night.capabilities:
        decided = one.drift.decision if one.drift else None
        if decided is None or decided.verdict is not TriggerVerdict.BLIND:
            continue
        count = 1 + _row(_before(root / REPORTS, night.night, one.capability))
        if count > usual:
            found.append(_finding(one.capability, count, usual))
    return tuple(found)


def _finding(capability: str, count: int, usual: int) -> Finding:
    return Finding(
        kind=AlertKind.QUALITY,
        capability=capability,
        severity=Severity.TICKET,
        measure=MEASURE,
        measured=count,
        bound=usual,
    )


def _row(verdicts: Iterator[str]) -> int:
    count = 0
    for verdict in verdicts:
        if verdict != TriggerVerdict.BLIND:
            break
        count += 1
    return count


def _before(folder: Path, night: date, capability: str) -> Iterator[str]:
    """Yield what earlier nights decided, the newest first; nothing of those on which nobody asked."""
    for back in range(1, _LOOK_BACK):
        try:
            said = json.loads((folder / f"{night - timedelta(days=back)}.json").read_bytes())
            own = next(one for one in said["capabilities"] if one["capability"] == capability)
            decided = (own.get("drift") or {}).get("retraining")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
            # A night that nobody read, or read badly, is an alert of its own.
            continue
        if decided:
            yield str(decided["verdict"])
