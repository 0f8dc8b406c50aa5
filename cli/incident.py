"""`roadworthy incident`: what went wrong, told by people and by every source, up to the postmortem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from cli.history import parse_moment
from cli.output import columns, print_json
from cli.releases import capabilities_in, open_configured_store
from roadworthy.create_once import creating
from roadworthy.errors import UnknownName
from roadworthy.incidents.book import IncidentBook, utc_now
from roadworthy.incidents.changes import closing, noting, opening, span_of, still_open
from roadworthy.incidents.findings import Figures, Milestones
from roadworthy.incidents.incident import Incident, incident_called
from roadworthy.incidents.kinds import IncidentKind, playbook_of
from roadworthy.incidents.postmortem import draft_postmortem, moment, span
from roadworthy.release.reference import parse_reference
from roadworthy.settings import Settings
from tasks.actor import local_actor
from tasks.incident_report import IncidentReport, report_on

DRAFTS = Path("reports", "incidents")


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


def open_incident(capability: str, kind: str, summary: str, started: str | None, another: bool, as_json: bool) -> int:
    """Open an incident, print its id and its playbook."""
    store = open_configured_store()
    name = parse_reference(capability, capabilities_in(store)).capability
    decide = opening(name, _kind(kind), summary, _moment(started, "--started"), another)
    return _tell(IncidentBook(store).record(decide, local_actor()), "opened", as_json)


def note_incident(name: str, text: str, mitigated: bool, at: str | None, as_json: bool) -> int:
    """Note something in an open incident."""
    decide = noting(name, text, mitigated, _moment(at, "--at"))
    return _tell(IncidentBook(open_configured_store()).record(decide, local_actor()), "noted", as_json)


def show_incident(name: str, postmortem: bool, as_json: bool) -> int:
    """Print what is known now, or the postmortem's draft."""
    report = _report(name)
    if postmortem:
        draft = draft_postmortem(report.incident, report.timeline, report.doubts)
        if as_json:
            print_json({"id": report.incident.id, "postmortem": draft})
        else:
            print(draft, end="")
    elif as_json:
        print_json(_for_scripts(report))
    else:
        _print_report(report)
    return 0


def list_incidents(every: bool, capability: str | None, as_json: bool) -> int:
    """Print the incidents that are open, or all of them."""
    found = [
        one
        for one in IncidentBook(open_configured_store()).incidents()
        if (every or not one.closed) and capability in (None, one.capability)
    ]
    if as_json:
        print_json([_line(one) for one in found])
    elif not found:
        print("no incident" if every else "no incident is open")
    else:
        for line in columns([("id", "capability", "kind", "opened", "", "summary"), *map(_row, found)]):
            print(line)
    return 0


def close_incident(
    name: str,
    cause: str,
    actions: tuple[str, ...],
    started: str | None,
    ended: str | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Close an incident and write the postmortem's draft; a file that is there already is left alone."""
    store, settings, now = open_configured_store(), Settings(), utc_now()
    book = IncidentBook(store)
    incident = still_open(name, book.incidents())
    times = span_of(incident, _moment(started, "--started"), _moment(ended, "--ended"), now)
    found = report_on(incident, store, settings, now, times).found
    closed = book.record(closing(name, cause, actions, found), local_actor())
    report = report_on(closed, store, settings, utc_now())
    path = output or settings.root / DRAFTS / f"{closed.id}.md"
    written = _write(path, draft_postmortem(closed, report.timeline, report.doubts))
    if as_json:
        print_json({**_for_scripts(report), "draft": str(path), "written": written})
        return 0
    _print_milestones(report.milestones)
    _print_figures(report.figures)
    said = "drafted" if written else f"was there already and stays; `incident show {closed.id} --postmortem` prints it"
    print(f"{closed.id} closed; the postmortem {said}: {path}")
    return 0


def _write(path: Path, draft: str) -> bool:
    """Write the draft whole or not at all; people may have worked on one that is there."""
    try:
        with creating(path) as file:
            file.write(draft.encode())
    except FileExistsError:
        return False
    return True


def _report(name: str) -> IncidentReport:
    store = open_configured_store()
    incident = incident_called(name, IncidentBook(store).incidents())
    return report_on(incident, store, Settings(), utc_now())


def _kind(text: str) -> IncidentKind:
    try:
        return IncidentKind(text)
    except ValueError:
        near = get_close_matches(text, IncidentKind, n=1)
        meant = f"did you mean '{near[0]}'? " if near else ""
        raise UnknownName(
            f"there is no kind {text!r}", where="--kind", remedy=f"{meant}There are: {', '.join(IncidentKind)}"
        ) from None


def _moment(text: str | None, option: str) -> datetime | None:
    return parse_moment(text, option) if text else None


def _line(incident: Incident) -> IncidentLine:
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


def _row(incident: Incident) -> tuple[str, ...]:
    opened = f"{incident.moments[0].astimezone():%Y-%m-%d %H:%M}"
    state = "closed" if incident.closed else "open"
    return incident.id, incident.capability, incident.kind, opened, state, incident.opening.summary


def _tell(incident: Incident, done: str, as_json: bool) -> int:
    if as_json:
        print_json(_line(incident))
        return 0
    print(f"{incident.id} {done}: {incident.capability}, {incident.kind}")
    _print_warnings(incident.clock_doubts(utc_now()))
    print(f"what to do: {playbook_of(incident.kind)}; what happened: `roadworthy incident show {incident.id}`")
    return 0


def _for_scripts(report: IncidentReport) -> dict[str, object]:
    milestones = report.milestones
    return {
        "incident": _line(report.incident),
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


def _print_report(report: IncidentReport) -> None:
    incident = report.incident
    print(f"{incident.id}  {incident.capability}  {incident.kind}  {'closed' if incident.closed else 'open'}")
    print(incident.opening.summary)
    print(f"playbook: {playbook_of(incident.kind)}\n")
    _print_milestones(report.milestones)
    _print_figures(report.figures)
    print()
    for one in report.timeline.happenings:
        when = one.at.astimezone().isoformat(sep=" ", timespec="seconds")
        release = f"@{one.release} " if one.release is not None else ""
        print(f"{when}  {one.source:<8}  {release}{' '.join(one.what.split())}{f'  ({one.who})' if one.who else ''}")
    _print_warnings((*(f"not read: {one}" for one in report.timeline.not_read), *report.doubts))


def _print_milestones(milestones: Milestones) -> None:
    print(f"began:     {moment(milestones.started)}")
    print(
        f"detected:  {moment(milestones.detected)}, after {span(milestones.time_to_detect)}: {milestones.detected_by}"
    )
    by = f": {milestones.mitigated_by}" if milestones.mitigated_by else ""
    print(f"mitigated: {moment(milestones.mitigated)}, after {span(milestones.time_to_mitigate)}{by}")
    print(f"ended:     {moment(milestones.ended)}, after {span(milestones.duration)}")


def _print_figures(figures: Figures | None) -> None:
    if figures is None:
        print("figures:   not known, because telemetry can't be read")
        return
    print(f"requests:  {figures.requests:,}, of which {figures.errors:,} failed or came too late")
    for budget in figures.budgets:
        took = "nobody asked" if budget.part is None else f"{budget.part:.1%} taken by this incident"
        left = "" if budget.left is None else f", {budget.left:.1%} left"
        print(f"budget:    {budget.promise} over {budget.window_days} days: {took}{left}")
    for cost in figures.costs:
        print(f"cost:      {cost.amount.normalize():f} {cost.currency}")


def _print_warnings(warnings: tuple[str, ...]) -> None:
    for one in warnings:
        print(f"! {one}")
