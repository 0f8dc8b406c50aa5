"""From what a look found to the board: what is new, what is seen again, what is over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from roadworthy.alerts.alert import Alert, AlertKind, Finding
from roadworthy.alerts.board import Board
from roadworthy.alerts.settings import AlertParams
from roadworthy.digest import digest_bytes
from roadworthy.service_levels.objectives import Severity

_MOMENT = timedelta(microseconds=1)
"""The same look, reported again, is no second sighting."""


@dataclass(frozen=True)
class Scope:
    """What a look can see: an open alert within it that the look did not find is over."""

    kinds: frozenset[AlertKind]
    capability: str | None = None
    """None: of all capabilities, and of the house."""
    measures: frozenset[str] = frozenset()
    """When there are any: these alone."""
    besides: frozenset[str] = frozenset()
    """Measures that other looks see."""

    def sees(self, alert: Alert) -> bool:
        """Tell whether the look would have found it, were it still so."""
        measure = alert.finding.measure
        measured = measure not in self.besides and (not self.measures or measure in self.measures)
        about = self.capability in (None, alert.capability)
        return measured and about and alert.kind in self.kinds and not alert.kind.passes


def note(board: Board, scope: Scope, findings: tuple[Finding, ...], now: datetime, params: AlertParams) -> Board:
    """Return the board after a look; the same board when it says nothing new.

    A look that is older than what the board knows, such as a night read again, resolves nothing.
    """
    found = _worst(findings)
    known = {alert.finding.key for alert in board.open}
    stays = [alert for alert in board.open if not _over(alert, scope, found, now, params)]
    gone = [alert for alert in board.open if alert not in stays]
    seen = [_seen(alert, found.get(alert.finding.key), now, params) for alert in stays]
    new = [_alert(finding, now) for key, finding in found.items() if key not in known]
    after = board.model_copy(update={"open": (*seen, *new)})
    for alert in gone:
        after = _resolved(after, alert, now)
    return after


def _worst(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    """Return one finding of each key: of two, such as two promises of one kind, the one that calls somebody."""
    pages_last = sorted(findings, key=lambda finding: finding.severity is Severity.PAGE)
    return {finding.key: finding for finding in pages_last}


def _over(alert: Alert, scope: Scope, found: dict[str, Finding], now: datetime, params: AlertParams) -> bool:
    if alert.finding.key in found or now < alert.last_seen:
        return False
    return scope.sees(alert) or (alert.kind.passes and now - alert.last_seen >= params.passes_after)


def _seen(alert: Alert, finding: Finding | None, now: datetime, params: AlertParams) -> Alert:
    if finding is None or now < alert.last_seen:
        return alert
    if finding.severity == alert.severity and now - alert.last_seen < max(params.note_after, _MOMENT):
        return alert
    return alert.model_copy(update={"finding": finding, "last_seen": now, "count": alert.count + 1})


def _alert(finding: Finding, now: datetime) -> Alert:
    name = f"{now:%Y%m%dT%H%M%SZ}-{digest_bytes(f'{finding.key} {now.isoformat()}'.encode())[:8]}"
    return Alert(id=name, finding=finding, started=now, last_seen=now)


def _resolved(board: Board, alert: Alert, now: datetime) -> Board:
    """Take an alert from the board, and leave it to its group where people have to hear that it is over."""
    group = board.group(alert.group)
    told = alert.id in group.told
    wanted = (told and not alert.kind.passes) or (not told and not board.silenced(alert, now))
    over = (*group.over, alert.model_copy(update={"resolved": now})) if wanted else group.over
    rest = tuple(one for one in group.told if one != alert.id)
    known = group.over_known or (told and wanted)
    return board.with_group(group.model_copy(update={"told": rest, "over": over, "over_known": known}))
