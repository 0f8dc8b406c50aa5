"""The timeline of an incident: what each source tells, in the order of time, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from roadworthy.incidents.entries import Closed, Fact, Noted, Opened
from roadworthy.incidents.findings import Milestones
from roadworthy.incidents.incident import Incident

LEAD = timedelta(hours=24)
"""So far back from the start a timeline looks: most incidents follow a change, and drift is seen once a night."""


class Source(StrEnum):
    """Where a line comes from; of lines of one moment the first source's comes first."""

    TRAFFIC = "traffic"
    """Telemetry: when a release answered for the first time."""
    LEDGER = "ledger"
    AUDIT = "audit"
    NIGHTS = "nights"
    ALERTS = "alerts"
    INCIDENT = "incident"
    """What people wrote into the book."""


class Sign(StrEnum):
    """What a line says about the incident itself."""

    DETECTION = "detection"
    """An alert of the incident's own kind."""
    MITIGATION = "mitigation"
    """Something was taken out of the traffic: a rollback, a switch, a canary withdrawn."""


@dataclass(frozen=True)
class Happening:
    """One line."""

    at: datetime
    source: Source
    what: str
    who: str = ""
    """A colleague, or the flow that acted; it stays out of the postmortem."""
    release: int | None = None
    sign: Sign | None = None


@dataclass(frozen=True)
class Reading:
    """What one source told, and what of it could not be read."""

    source: Source
    happenings: tuple[Happening, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Timeline:
    """All lines from `since` up to `until`, by time; lines of one source and moment stay in its own order."""

    since: datetime
    until: datetime
    happenings: tuple[Happening, ...]
    not_read: tuple[str, ...]
    """The sources that could not be read, or not all of them, each with the reason."""


def timeline_of(readings: Iterable[Reading], since: datetime, until: datetime) -> Timeline:
    """Put together what lies between `since` and `until`, both included."""
    told = tuple(readings)
    within = [one for reading in told for one in reading.happenings if since <= one.at <= until]
    order = list(Source)
    ordered = sorted(within, key=lambda one: (one.at, order.index(one.source)))
    problems = tuple(f"{reading.source}: {reading.problem}" for reading in told if reading.problem)
    return Timeline(since, until, tuple(ordered), problems)


def own_reading(incident: Incident) -> Reading:
    """Return what people wrote into the book about an incident."""
    pairs = zip(incident.entries, incident.moments, strict=True)
    return Reading(
        Source.INCIDENT,
        tuple(Happening(at, Source.INCIDENT, _told(entry.fact), entry.by.name) for entry, at in pairs),
    )


def milestones_of(
    incident: Incident, happenings: Iterable[Happening], started: datetime | None, ended: datetime | None
) -> Milestones:
    """Return the milestones.

    Detected: the first alert of the kind since the start (or in the day before the opening, when the start is not
    known), or else the opening. Mitigated: what a person marked, or else the first rollback, switch or withdrawal
    since the start, or since the detection.
    """
    opened = incident.moments[0]
    told = [one for one in happenings if ended is None or one.at <= ended]
    alerts = [one for one in told if one.sign is Sign.DETECTION and (started or opened - LEAD) <= one.at <= opened]
    detected = min((one.at for one in alerts), default=opened)
    begin = started or detected
    acts = [one for one in told if one.sign is Sign.MITIGATION and one.at >= begin]
    act = min(acts, key=lambda one: one.at, default=None)
    mark = incident.marked_mitigated
    return Milestones(
        started=started,
        detected=detected,
        detected_by=alerts[0].what if alerts else "a person, who opened the incident",
        mitigated=mark or (act.at if act else None),
        mitigated_by="a person's note" if mark else act.what if act else "",
        ended=ended,
    )


def _told(fact: Fact) -> str:
    match fact:
        case Opened():
            return f"opened: {fact.summary}"
        case Noted(mitigated=None):
            return fact.text
        case Noted():
            return f"mitigated: {fact.text}"
        case Closed():
            return f"closed: {fact.cause}"
