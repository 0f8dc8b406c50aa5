"""The commands that read what is recorded: `status`, `history`, `diff` and `lineage`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Capability, Json, Release, commands

records = commands()


@records.command(epilog="Example: `roadworthy status`")
def status(json: Json = False) -> None:
    """Show what is live, what is a candidate, and what waits for whom."""
    from cli.status import show_status

    guarded(lambda: show_status(json), json)


@records.command(epilog="Example: `roadworthy history flight-delay --at 2026-11-20T12:00`")
def history(
    capability: Capability,
    at: Annotated[str | None, typer.Option(help="What was live then? ISO 8601, local time unless it says.")] = None,
    json: Json = False,
) -> None:
    """Show everything that happened to a capability, or what was live at a moment."""
    from cli.history import show_history

    guarded(lambda: show_history(capability, at, json), json)


@records.command(epilog="Examples: `roadworthy diff 3 4` · `roadworthy diff flight-delay@production flight-delay`")
def diff(
    one: Annotated[str, typer.Argument(help="A release.")],
    other: Annotated[str, typer.Argument(help="Another release of the same capability.")],
    json: Json = False,
) -> None:
    """Say what differs between two releases: data, parameters, code, environment, metrics."""
    from cli.diff import show_difference

    guarded(lambda: show_difference(one, other, json), json)


@records.command(epilog="Example: `roadworthy lineage flight-delay@3 --html lineage.html`")
def lineage(
    release: Release,
    html: Annotated[Path | None, typer.Option(help="Write the graph as a page that works offline.")] = None,
    json: Json = False,
) -> None:
    """Draw what a release was made from, step by step."""
    from cli.lineage import show_lineage

    guarded(lambda: show_lineage(release, html, json), json)
