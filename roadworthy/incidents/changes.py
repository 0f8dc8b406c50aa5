"""What may be written into the book of incidents: the rules for opening, noting and closing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from roadworthy.errors import Busy, RuleBroken, UsageError
from roadworthy.handover.words import kept
from roadworthy.incidents.book import Decide
from roadworthy.incidents.entries import LONGEST, Closed, Fact, Noted, Opened
from roadworthy.incidents.findings import Figures, Milestones
from roadworthy.incidents.incident import Incident, incident_called
from roadworthy.incidents.kinds import IncidentKind

SKEW = timedelta(minutes=5)
"""So far clocks of machines may lie apart before somebody has to say which is right."""


@dataclass(frozen=True)
class Found:
    """What the sources say about an incident that is to be closed."""

    milestones: Milestones
    figures: Figures | None
    not_read: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """When an incident began, None when nobody knows, and when it ended."""

    started: datetime | None
    ended: datetime


def opening(
    capability: str, kind: IncidentKind, summary: str, started: datetime | None = None, another: bool = False
) -> Decide:
    """Open an incident. A second one of the same kind and capability is refused with `Busy`, unless it is `another`.

    Two people who open at once would otherwise write two halves of one story. Raises `UsageError` for an empty or
    too long summary, and for a start that is yet to come.
    """
    text = written(summary, "--summary")

    def decide(incidents: tuple[Incident, ...], now: datetime) -> Fact:
        same = [one for one in incidents if not one.closed and (one.capability, one.kind) == (capability, kind)]
        if same and not another:
            raise _open_already(same[-1])
        number = max((one.number for one in incidents), default=0) + 1
        begin = _past(started, "--started", now)
        return Opened(incident=number, capability=capability, trouble=kind, summary=text, started=begin)

    return decide


def noting(name: str, text: str, mitigated: bool = False, at: datetime | None = None) -> Decide:
    """Note something; `mitigated` marks the moment (`at`, or now) from which users are no longer hurt.

    Raises `UnknownName`, `RuleBroken` for an incident that is closed, and `UsageError` as `opening` does.
    """
    noted = written(text, "TEXT")
    if at is not None and not mitigated:
        raise UsageError(
            "A note is dated by the clock.", where="--at", remedy="Give --at with --mitigated, or say it in the text."
        )

    def decide(incidents: tuple[Incident, ...], now: datetime) -> Fact:
        incident = still_open(name, incidents)
        moment = (_past(at, "--at", now) or max(now, incident.moments[-1])) if mitigated else None
        if moment is not None and incident.opening.started is not None:
            _in_order(incident.opening.started, moment, "--at")
        return Noted(incident=incident.number, text=noted, mitigated=moment)

    return decide


def closing(name: str, cause: str, actions: tuple[str, ...], found: Found) -> Decide:
    """Close an incident with what was found. Raises as `noting` does, also when no action is given."""
    if not actions:
        raise UsageError(
            "An incident is closed with at least one action.",
            where="--action",
            remedy="Say what will be done so that it does not come again; 'none, because …' is an answer too.",
        )
    written_actions = tuple(written(action, "--action") for action in actions)
    reason = written(cause, "--cause")

    def decide(incidents: tuple[Incident, ...], now: datetime) -> Fact:
        return Closed(
            incident=still_open(name, incidents).number,
            cause=reason,
            actions=written_actions,
            milestones=found.milestones,
            figures=found.figures,
            not_read=found.not_read,
        )

    return decide


def span_of(incident: Incident, started: datetime | None, ended: datetime | None, now: datetime) -> Span:
    """Return the span of an incident that is to be closed, as people gave it or as it follows from the clock.

    Raises `UsageError` when one is yet to come, the end lies before the start, or the clock contradicts the book.
    """
    begin = _past(started, "--started", now) or incident.opening.started
    end = _past(ended, "--ended", now) or _now_by(incident, now)
    _in_order(begin or end, end, "--ended")
    return Span(begin, end)


def still_open(name: str, incidents: tuple[Incident, ...]) -> Incident:
    """Return the incident that a person names. Raises `UnknownName`, and `RuleBroken` for one that is closed."""
    incident = incident_called(name, incidents)
    if incident.closed:
        raise RuleBroken(
            f"{incident.id} was closed already, and what is closed stays as it is.",
            where=f"{incident.capability}, {incident.kind}",
            remedy=f"`roadworthy incident show {incident.id} --postmortem` prints its draft; "
            "for what comes after, open a new one.",
        )
    return incident


def written(text: str, where: str) -> str:
    """Return what a person wrote without secrets and identifiers. Raises `UsageError` when it is empty or too long."""
    clean = kept(text).strip()
    if not clean or len(clean) > LONGEST:
        raise UsageError(
            "This text is empty." if not clean else f"This text is longer than {LONGEST} characters.",
            where=where,
            remedy="Say in a sentence or two what users saw or what was done; names and contents stay out.",
        )
    return clean


def _open_already(incident: Incident) -> Busy:
    return Busy(
        f"{incident.id} is open already for the same: {incident.opening.summary}",
        where=f"{incident.capability}, {incident.kind}",
        remedy=f"`roadworthy incident note {incident.id} …` adds to it; --another opens a second one.",
    )


def _past(moment: datetime | None, where: str, now: datetime) -> datetime | None:
    if moment is not None and moment > now:
        raise UsageError(
            f"{moment.isoformat(timespec='seconds')} is yet to come.",
            where=where,
            remedy="Give a moment in the past; is this machine's clock right?",
        )
    return moment


def _now_by(incident: Incident, now: datetime) -> datetime:
    """Return the moment at which something ends that ends now; of two clocks far apart nobody knows which is right."""
    last = incident.moments[-1]
    if last > now + SKEW:
        raise UsageError(
            f"This clock says {now.isoformat(timespec='seconds')}, the last entry was written {last - now} later.",
            where=incident.id,
            remedy="Set the clock, or say with --ended when it was over.",
        )
    return max(now, last)


def _in_order(begin: datetime, end: datetime, where: str) -> None:
    if end < begin:
        raise UsageError(
            f"{end.isoformat(timespec='seconds')} lies before the start, {begin.isoformat(timespec='seconds')}.",
            where=where,
            remedy="Correct it, or give --started when you close it.",
        )
