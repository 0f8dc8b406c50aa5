"""The commands about incidents: `open`, `note`, `show`, `list` and `close`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Json, group

incident = group(
    "Incidents: opened, noted, closed; with a timeline from all sources, a playbook and a drafted postmortem."
)

_MOMENT = "ISO 8601, local time unless it says."
Capability = Annotated[str, typer.Argument(help="The capability in trouble.", show_default=False)]
Id = Annotated[str, typer.Argument(help="The incident, such as inc-3.", show_default=False)]
Started = Annotated[str | None, typer.Option(help=f"When it began, if you know. {_MOMENT}")]


@incident.command(
    "open", epilog="Example: `roadworthy incident open flight-delay --kind drift --summary 'EWR is far too late'`"
)
def incident_open(
    capability: Capability,
    kind: Annotated[str, typer.Option(help="drift, quality, latency, cost, safety or outage.")],
    summary: Annotated[str, typer.Option(help="What users see, in a sentence; no names, no contents.")],
    started: Started = None,
    another: Annotated[bool, typer.Option(help="Open it although one of this kind is open.")] = False,
    json: Json = False,
) -> None:
    """Open an incident, and say which playbook helps. Exit code 7 when one of this kind is open already."""
    from cli.incident import open_incident

    guarded(lambda: open_incident(capability, kind, summary, started, another, json), json)


@incident.command("note", epilog="Example: `roadworthy incident note inc-3 'rolled back to release 2' --mitigated`")
def incident_note(
    incident: Id,
    text: Annotated[str, typer.Argument(help="What was seen or done; no names, no contents.", show_default=False)],
    mitigated: Annotated[bool, typer.Option(help="From now on users are no longer hurt.")] = False,
    at: Annotated[str | None, typer.Option(help=f"With --mitigated: since when. {_MOMENT}")] = None,
    json: Json = False,
) -> None:
    """Note something in an open incident."""
    from cli.incident import note_incident

    guarded(lambda: note_incident(incident, text, mitigated, at, json), json)


@incident.command("show", epilog="Example: `roadworthy incident show inc-3`")
def incident_show(
    incident: Id,
    postmortem: Annotated[bool, typer.Option(help="Print the postmortem's draft instead; of a closed one.")] = False,
    json: Json = False,
) -> None:
    """Show an incident: milestones, figures, and the timeline from ledger, traffic, audit log, nights and alerts."""
    from cli.incident import show_incident

    guarded(lambda: show_incident(incident, postmortem, json), json)


@incident.command("list", epilog="Example: `roadworthy incident list --all`")
def incident_list(
    every: Annotated[bool, typer.Option("--all", help="Those that are closed, too.")] = False,
    capability: Annotated[str | None, typer.Option(help="Only this one's.")] = None,
    json: Json = False,
) -> None:
    """List the incidents that are open."""
    from cli.incident import list_incidents

    guarded(lambda: list_incidents(every, capability, json), json)


@incident.command(
    "close",
    epilog="Example: `roadworthy incident close inc-3 --cause 'a carrier was renamed' --action 'map carriers by id'`",
)
def incident_close(
    incident: Id,
    cause: Annotated[str, typer.Option(help="Why it came, as far as you know.")],
    action: Annotated[list[str], typer.Option(help="What will be done about it; give it once for each action.")],
    started: Started = None,
    ended: Annotated[str | None, typer.Option(help=f"When it was over; by default now. {_MOMENT}")] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where the draft goes; by default reports/incidents/ID.md.")
    ] = None,
    json: Json = False,
) -> None:
    """Close an incident, and draft its postmortem with the figures filled in. What is closed stays as it is."""
    from cli.incident import close_incident

    guarded(lambda: close_incident(incident, cause, tuple(action), started, ended, output, json), json)
