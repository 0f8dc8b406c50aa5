"""What the sources tell about an incident's window: ledger, traffic, night reports, alerts."""

# Late imports: start-up time.
from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.alerts.alert import Alert, AlertKind
from roadworthy.errors import RoadworthyError
from roadworthy.handover.words import kept
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.incidents.timeline import Happening, Reading, Sign, Source
from roadworthy.release.entries import CanaryWithdrawn, Entry, RolledBack, SwitchedOff
from roadworthy.release.history import timeline
from tasks.night import REPORTS

if TYPE_CHECKING:
    import pyarrow as pa

_MITIGATES = (RolledBack, SwitchedOff, CanaryWithdrawn)
_NAMED_NIGHTS = 3
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Within:
    """A capability, and the time in which something is to be found out about it."""

    capability: str
    since: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies in it, both ends included."""
        return self.since <= moment <= self.until


def read_source(source: Source, read: Callable[[], Reading]) -> Reading:
    """Return what `read` does; a source that is down or damaged is told as such, since the others still help."""
    try:
        return read()
    except (RoadworthyError, OSError) as error:
        # An error's text may hold an address, so only its problem is told.
        problem = error.problem if isinstance(error, RoadworthyError) else error.strerror or type(error).__name__
        return Reading(source, problem=kept(problem))


def ledger_reading(entries: tuple[Entry, ...], within: Within) -> Reading:
    """Return what a capability's ledger says: promotions, evidence, canaries, rollbacks, switches."""
    pairs = zip(entries, timeline(entries), strict=True)
    lines = [(entry, line) for entry, line in pairs if within.holds(line.at)]
    return Reading(
        Source.LEDGER,
        tuple(
            Happening(
                at=line.at,
                source=Source.LEDGER,
                what=kept(line.what),
                who=line.who,
                release=line.release,
                sign=Sign.MITIGATION if isinstance(entry.fact, _MITIGATES) else None,
            )
            for entry, line in lines
        ),
    )


def traffic_reading(events: pa.Table, within: Within) -> Reading:
    """Return when each release began to answer on each arm: what was really deployed, whatever was decided."""
    import duckdb

    query = """
        SELECT release, arm, epoch_us(min("at")) FROM events
        WHERE capability = $capability AND release > 0 AND ending <> 'rejected' GROUP BY ALL ORDER BY ALL
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("events", events)
        rows = connection.execute(query, {"capability": within.capability}).fetchall()
    return Reading(
        Source.TRAFFIC,
        tuple(
            Happening(
                at=_EPOCH + timedelta(microseconds=since),
                source=Source.TRAFFIC,
                what=f"answers as {arm or 'production'}, first seen",
                release=release,
            )
            for release, arm, since in rows
        ),
    )


def nights_reading(root: Path, within: Within) -> Reading:
    """Return the verdict of each night that ended in the window; nights without a report are named."""
    found, missing = [], []
    for night in _nights(within):
        path = root / REPORTS / f"{night.isoformat()}.json"
        what = _night(path, within.capability)
        if what is None:
            missing.append(night.isoformat())
        else:
            found.append(Happening(_end_of(night), Source.NIGHTS, f"night of {night}: {what}"))
    return Reading(Source.NIGHTS, tuple(found), _missing(missing))


def alerts_reading(alerts: Iterable[Alert], capability: str, trouble: IncidentKind) -> Reading:
    """Return when alerts of the capability, and of the house, began and were over; those of `trouble` detected it.

    That nights were not read says of no capability that anything is wrong with it.
    """
    told: list[Happening] = []
    for alert in alerts:
        if alert.capability not in ("", capability):
            continue
        detects = alert.trouble is trouble and alert.kind is not AlertKind.NIGHT_MISSING
        sign = Sign.DETECTION if detects else None
        release = alert.release or None
        told.append(Happening(alert.started, Source.ALERTS, _alerted(alert), release=release, sign=sign))
        if alert.resolved is not None:
            told.append(Happening(alert.resolved, Source.ALERTS, f"over: {_named(alert)}", release=release))
    return Reading(Source.ALERTS, tuple(told))


def _alerted(alert: Alert) -> str:
    found = alert.finding
    measured = "" if found.measured is None else f" {found.measured:.4g}"
    bound = "" if found.bound is None else f", bound {found.bound:.4g}"
    return f"{alert.severity}: {_named(alert)}{measured}{bound}"


def _named(alert: Alert) -> str:
    return f"{alert.kind.replace('_', ' ')} {alert.finding.measure}"


def _nights(within: Within) -> Iterator[date]:
    day = within.since.astimezone(UTC).date() - _DAY
    while (end := _end_of(day)) <= within.until:
        if end >= within.since:
            yield day
        day += _DAY


def _end_of(night: date) -> datetime:
    return datetime.combine(night, time(), UTC) + _DAY


def _night(path: Path, capability: str) -> str | None:
    """Return what a report says of the capability, or None when it can't be read."""
    try:
        lines: list[dict[str, Any]] = json.loads(path.read_bytes())["capabilities"]
        one = next((line for line in lines if line["capability"] == capability), None)
        return "nothing said of it" if one is None else f"{one['verdict']}{_budgets(one)}{_drift(one)}"
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _budgets(line: dict[str, Any]) -> str:
    told = [f"{one['objective']['kind']} budget {one['left']:.1%} left" for one in line["budgets"] if one["requests"]]
    return "; " + ", ".join(told) if told else ""


def _drift(line: dict[str, Any]) -> str:
    drift = line.get("drift")  # Reports of assistants, and old ones, have none.
    return f"; drift: {drift['verdict']}" if drift else ""


def _missing(nights: list[str]) -> str:
    if not nights:
        return ""
    more = f" and {len(nights) - _NAMED_NIGHTS} more" if len(nights) > _NAMED_NIGHTS else ""
    return f"no report that can be read of {', '.join(nights[:_NAMED_NIGHTS])}{more}"
