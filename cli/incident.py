"""`roadworthy incident`: what went wrong, told by people and by every source, up to the postmortem."""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from cli.history import parse_moment
from cli.incident_output import (
    for_scripts,
    line_of,
    print_figures,
    print_milestones,
    print_report,
    row_of,
    tell_change,
)
from cli.output import columns, print_json
from cli.releases import capabilities_in, open_configured_store
from roadworthy.clock import utc_now
from roadworthy.create_once import creating
from roadworthy.errors import UnknownName
from roadworthy.incidents.book import IncidentBook
from roadworthy.incidents.changes import closing, noting, opening, span_of, still_open
from roadworthy.incidents.incident import incident_called
from roadworthy.incidents.kinds import IncidentKind
from roadworthy.incidents.postmortem import draft_postmortem
from roadworthy.release.reference import parse_reference
from roadworthy.settings import Settings
from tasks.actor import local_actor
from tasks.incident_report import IncidentReport, report_on

DRAFTS = Path("reports", "incidents")


def open_incident(capability: str, kind: str, summary: str, started: str | None, another: bool, as_json: bool) -> int:
    """Open an incident, print its id and its playbook."""
    store = open_configured_store()
    name = parse_reference(capability, capabilities_in(store)).capability
    decide = opening(name, _kind(kind), summary, _moment(started, "--started"), another)
    return tell_change(IncidentBook(store).record(decide, local_actor()), "opened", as_json)


def note_incident(name: str, text: str, mitigated: bool, at: str | None, as_json: bool) -> int:
    """Note something in an open incident."""
    decide = noting(name, text, mitigated, _moment(at, "--at"))
    return tell_change(IncidentBook(open_configured_store()).record(decide, local_actor()), "noted", as_json)


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
        print_json(for_scripts(report))
    else:
        print_report(report)
    return 0


def list_incidents(every: bool, capability: str | None, as_json: bool) -> int:
    """Print the incidents that are open, or all of them."""
    found = [
        one
        for one in IncidentBook(open_configured_store()).incidents()
        if (every or not one.closed) and capability in (None, one.capability)
    ]
    if as_json:
        print_json([line_of(one) for one in found])
    elif not found:
        print("no incident" if every else "no incident is open")
    else:
        for line in columns([("id", "capability", "kind", "opened", "", "summary"), *map(row_of, found)]):
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
        print_json({**for_scripts(report), "draft": str(path), "written": written})
        return 0
    print_milestones(report.milestones)
    print_figures(report.figures)
    stays = f"{path} was there already and stays; `incident show {closed.id} --postmortem` prints the draft"
    print(f"{closed.id} closed; {f'its postmortem is drafted: {path}' if written else stays}")
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
