"""The commands that look at traffic and tables: `watch`, `dashboards`, `profile` and `telemetry`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Capability, Json, commands

looks = commands()
telemetry = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
looks.add_typer(telemetry, name="telemetry")


@looks.command(epilog="Example: `roadworthy watch flight-delay --replay 2013-04..2013-12`")
def watch(
    capability: Capability,
    night: Annotated[str | None, typer.Option(help="One night, as 2013-07-14.")] = None,
    replay: Annotated[str | None, typer.Option(help="A span, as 2013-04..2013-12 or with days.")] = None,
    json: Json = False,
) -> None:
    """Replay past nights: drift, performance before and after the labels, and when it would have retrained."""
    from cli.watch import watch as replay_nights

    guarded(lambda: replay_nights(capability, night, replay, json), json)


@looks.command(
    epilog="Examples: `roadworthy dashboards --days 30` · `roadworthy dashboards --grafana deployments/grafana`"
)
def dashboards(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days to show.")] = 7,
    grafana: Annotated[
        Path | None, typer.Option(help="Write the same panels for Grafana into this folder instead.")
    ] = None,
    json: Json = False,
) -> None:
    """Write reports/index.html: traffic, latency, cost, quality, safety and drift, in one file that works offline."""
    from cli.dashboards import write_for_grafana, write_page

    guarded(lambda: write_for_grafana(grafana, json) if grafana else write_page(days, json), json)


@looks.command(
    epilog="Examples: `roadworthy profile 2013-04/*.parquet` · `roadworthy profile *.parquet --layout layout.json "
    "--scheduler tls://dask:8786 --output profiles/april`"
)
def profile(
    files: Annotated[list[Path], typer.Argument(help="Tables, as Parquet or CSV, whose rows are counted together.")],
    layout: Annotated[
        Path | None, typer.Option(help="The cells to count into; by default those of the first table's values.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Count with so many Dask workers on this machine.")] = 0,
    scheduler: Annotated[
        str | None, typer.Option(help="Count on the Dask cluster with this address; it has to see the files.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Keep layout.json and profile.json in this folder, to compare or merge.")
    ] = None,
    json: Json = False,
) -> None:
    """Show what tables hold, column by column; the same rows give the same bytes, however many files or workers."""
    from cli.profile import profile_tables

    guarded(lambda: profile_tables(files, layout, workers, scheduler, output, json), json)


@telemetry.callback(epilog="Example: `roadworthy telemetry --capability bank-helpdesk --since 2026-11-20`")
def telemetry_usage(
    context: typer.Context,
    capability: Annotated[str | None, typer.Option(help="Only this one; by default all.")] = None,
    since: Annotated[
        str | None, typer.Option(help="ISO 8601, local time unless it says; by default a week ago.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how many requests each release and arm had, how they ended, how fast they were, and what they cost."""
    if context.invoked_subcommand is None:
        from cli.telemetry import show_usage

        guarded(lambda: show_usage(capability, since, json), json)


@telemetry.command("seal", epilog="Example: `roadworthy telemetry seal`")
def telemetry_seal(json: Json = False) -> None:
    """Bring what this machine has recorded into the store; the gateway does so every minute by itself."""
    from cli.telemetry import seal

    guarded(lambda: seal(json), json)
