"""How incidents look: a line, a report, and what scripts get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.output import print_json
from roadworthy.clock import utc_now
from roadworthy.incidents.findings import Figures, Milestones
from roadworthy.incidents.incident import Incident
from roadworthy.incidents.kinds import IncidentKind, playbook_of
from roadworthy.incidents.postmortem import moment, span, took
from tasks.incident_report import IncidentReport


@dataclass(frozen=True)
class IncidentLine:
    """What scripts get of an incident."""

    id: str
    capability: str
    kind: IncidentKind
    summary: str
    opened: datetime
    closed: bool
    playbook: str
    warnings: tuple[str, ...] = ()


def line_of(incident: Incident) -> IncidentLine:
    """Return what scripts get of an incident."""
    return IncidentLine(
        id=incident.id,
        capability=incident.capability,
        kind=incident.kind,
        summary=incident.opening.summary,
        opened=incident.moments[0],
        closed=incident.closed is not None,
        playbook=playbook_of(incident.kind),
        warnings=incident.clock_doubts(utc_now()),
    )


def row_of(incident: Incident) -> tuple[str, ...]:
    """Return the cells of a list of incidents."""
    opened = f"{incident.moments[0].astimezone():%Y-%m-%d %H:%M}"
    state = "closed" if incident.closed else "open"
    return incident.id, incident.capability, incident.kind, opened, state, incident.opening.summary


def tell_change(incident: Incident, done: str, as_json: bool) -> int:
    """Print what was done to an incident, and what to do next; return the exit code."""
    if as_json:
        print_json(line_of(incident))
        return 0
    print(f"{incident.id} {done}: {incident.capability}, {incident.kind}")
    _print_warnings(incident.clock_doubts(utc_now()))
    print(f"what to do: {playbook_of(incident.kind)}; what happened: `roadworthy incident show {incident.id}`")
    return 0


def for_scripts(report: IncidentReport) -> dict[str, object]:
    """Return all that is known, for JSON."""
    milestones = report.milestones
    return {
        "incident": line_of(report.incident),
        "milestones": milestones,
        "seconds": {
            name: value.total_seconds() if value is not None else None
            for name, value in (
                ("to_detect", milestones.time_to_detect),
                ("to_mitigate", milestones.time_to_mitigate),
                ("duration", milestones.duration),
            )
        },
        "figures": report.figures,
        "closed": report.incident.closed,
        "timeline": report.timeline,
        "doubts": report.doubts,
    }


def print_report(report: IncidentReport) -> None:
    """Print all that is known, the timeline last."""
    incident = report.incident
    print(f"{incident.id}  {incident.capability}  {incident.kind}  {'closed' if incident.closed else 'open'}")
    print(incident.opening.summary)
    print(f"playbook: {playbook_of(incident.kind)}\n")
    print_milestones(report.milestones)
    print_figures(report.figures)
    print()
    for one in report.timeline.happenings:
        when = one.at.astimezone().isoformat(sep=" ", timespec="seconds")
        release = f"@{one.release} " if one.release is not None else ""
        print(f"{when}  {one.source:<8}  {release}{' '.join(one.what.split())}{f'  ({one.who})' if one.who else ''}")
    _print_warnings((*(f"not read: {one}" for one in report.timeline.not_read), *report.doubts))


def print_milestones(milestones: Milestones) -> None:
    """Print when it began, was noticed, mitigated and over, and how long that took."""
    print(f"began:     {moment(milestones.started)}")
    print(
        f"detected:  {moment(milestones.detected)}, after {span(milestones.time_to_detect)}: {milestones.detected_by}"
    )
    print(f"mitigated: {_reached(milestones.mitigated, milestones.time_to_mitigate, milestones.mitigated_by)}")
    print(f"ended:     {_reached(milestones.ended, milestones.duration)}")


def _reached(at: datetime | None, after: timedelta | None, by: str = "") -> str:
    return f"{moment(at)}, after {span(after)}{f': {by}' if by else ''}" if at else "not yet"


def print_figures(figures: Figures | None) -> None:
    """Print what it came to."""
    if figures is None:
        print("figures:   not known, because telemetry can't be read")
        return
    print(f"requests:  {figures.requests:,}, of which {figures.errors:,} failed or came too late")
    for budget in figures.budgets:
        print(f"budget:    {budget.promise} over {budget.window_days} days: {took(budget)}")
    for cost in figures.costs:
        print(f"cost:      {cost.amount.normalize():f} {cost.currency}")


def _print_warnings(warnings: tuple[str, ...]) -> None:
    for one in warnings:
        print(f"! {one}")
