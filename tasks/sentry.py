"""The sentry: looks every five minutes for spikes, for nights that were not read and for releases that don't load.

`python -m tasks.sentry` is a part of the house, beside Prefect and not below it: it has to tell when Prefect is down.
`roadworthy alerts check` does one look, for cron or whatever else runs it.
"""

# Late imports: start-up time.
from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.nights import LOOK_BACK, Expected, NightReport, missing_nights
from roadworthy.alerts.noting import Scope
from roadworthy.alerts.settings import AlertParams
from roadworthy.errors import RoadworthyError
from roadworthy.service_levels.objectives import Severity
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from roadworthy.store import Store
from tasks.watch_rules import SCOPE as BROKEN
from tasks.watch_rules import rules_at_hand

NIGHTS = Scope(frozenset({AlertKind.NIGHT_MISSING}))
NOT_LOOKED = "not_looked"
"""The measure of a look that failed."""
_ENDS_NOTHING = Scope(frozenset())
EVERY_SECONDS = 300
LAG_SECONDS = 75
"""After an interval's end: gateways on other machines bring their events into the store every minute."""
_LEDGERS = "ledger/"


@dataclass
class Looked:
    """What one look came to."""

    findings: list[Finding] = field(default_factory=list)
    learning: list[str] = field(default_factory=list)
    """Capabilities of which too little is known to tell a spike."""
    failed: list[str] = field(default_factory=list)
    """What could not be looked at, and why."""


def look(settings: Settings, now: datetime, announce: Announce) -> Looked:
    """Look at everything once, and report what was found; a look that fails hides no other, and ends no alert."""
    from tasks.alerting import report
    from tasks.gateway_alerts import SCOPE, gateway_findings
    from tasks.spike_watch import spike_findings, spike_scope
    from tasks.stores import open_store

    store, found = open_store(settings.store_address), rules_at_hand(settings)
    rules, looked = found.rules, Looked()

    def tell(scope: Scope, findings: Callable[[], tuple[Finding, ...] | None], name: str) -> None:
        try:
            found = findings()
        except Exception as error:
            # Whatever it is: it must not keep the sentry from looking at what comes after.
            looked.failed.append(f"{name}: {_problem(error)}")
            blind = not_looked(scope)
            looked.findings.append(blind)
            report(settings, store, _ENDS_NOTHING, (blind,), announce)
            return
        if found is None:
            looked.learning.append(name)
            report(settings, store, replace(scope, measures=frozenset({NOT_LOOKED})), (), announce)
            return
        looked.findings.extend(found)
        report(settings, store, scope, found, announce)

    tell(BROKEN, lambda: found.findings, "params.yaml")
    tell(NIGHTS, lambda: _nights(settings, store, rules.alerts, now), "nights")
    if settings.watched_gateways:
        addresses = tuple(settings.watched_gateways.split())
        tell(SCOPE, lambda: gateway_findings(addresses), "gateways")
    for name in _capabilities(store):
        tell(spike_scope(name), lambda name=name: spike_findings(store, settings, name, rules.spikes, now), name)  # type: ignore[misc]
    for failure in looked.failed:
        announce(f"not looked at: {failure}")
    return looked


def not_looked(scope: Scope) -> Finding:
    """Return that a look failed, as a finding that the next look of this scope ends: silence is never green."""
    (kind,) = scope.kinds
    return Finding(kind=kind, capability=scope.capability or "", severity=Severity.TICKET, measure=NOT_LOOKED)


def night_reports(folder: Path, today: date) -> tuple[NightReport, ...]:
    """Return the newest whole reports of nights before `today`, as many as are looked at and the one before.

    A file that is cut short is none.
    """
    found: list[NightReport] = []
    for path in sorted(folder.glob("????-??-??.json"), reverse=True):
        with suppress(OSError, ValueError, KeyError, TypeError):
            night, said = date.fromisoformat(path.stem), json.loads(path.read_bytes())
            names = frozenset(one["capability"] for one in said["capabilities"])
            if said["night"] == path.stem and night < today:
                found.append(NightReport(night, names))
        if len(found) > LOOK_BACK:
            break
    return tuple(found)


def next_look(now: datetime) -> datetime:
    """Return when to look next: a while after an interval's end."""
    turns = (int(now.timestamp()) - LAG_SECONDS) // EVERY_SECONDS + 1
    return datetime.fromtimestamp(turns * EVERY_SECONDS + LAG_SECONDS, UTC)


def main() -> None:
    """Look until the process is ended."""
    while True:
        pause = next_look(datetime.now(UTC)) - datetime.now(UTC)
        time.sleep(max(pause, timedelta()).total_seconds())
        try:
            look(Settings(), datetime.now(UTC), _say)
        except Exception as error:
            # Such as a store that is down: the next look may do better.
            _say(f"not looked: {_problem(error)}")


def _nights(settings: Settings, store: Store, params: AlertParams, now: datetime) -> tuple[Finding, ...]:
    from tasks.alerting import desk_at_hand
    from tasks.night import REPORTS

    since = desk_at_hand(settings, store, _nobody).watched_since()
    reports = night_reports(settings.root.resolve() / REPORTS, now.astimezone(UTC).date())
    return missing_nights(reports, Expected.at(now, since, params.night_due))


def _capabilities(store: Store) -> tuple[str, ...]:
    return tuple(sorted({key.removeprefix(_LEDGERS).split("/")[0] for key in store.keys(_LEDGERS)}))


def _problem(error: Exception) -> str:
    """Say what went wrong; what a library says may hold an address or content, so only its kind is told."""
    return error.problem if isinstance(error, RoadworthyError) else type(error).__name__


def _nobody(text: str) -> None:
    """What is wrong is told by what is reported."""


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
