"""The commands about alerts."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Json, group

alerts = group("What is wrong now, silences, and whether messages arrive (ROADWORTHY_ALERTS_URLS says where they go).")


@alerts.command("list", epilog="Examples: `roadworthy alerts list` · `roadworthy alerts list bank-helpdesk --all`")
def alerts_list(
    capability: Annotated[str, typer.Argument(help="Only what is about this one.", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", help="What is over, too.")] = False,
    json: Json = False,
) -> None:
    """List what is wrong, since when, what was measured against which bound, and the playbook."""
    from cli.alerts import list_alerts

    guarded(lambda: list_alerts(capability, everything, json), json)


@alerts.command(
    "test", epilog="Example, with ROADWORTHY_ALERTS_URLS=json://hooks.example.org/x: `roadworthy alerts test`"
)
def alerts_test(json: Json = False) -> None:
    """Send a test through every channel, and say which took it. Exit code 6 when one did not."""
    from cli.alerts import try_channels

    guarded(lambda: try_channels(json), json)


@alerts.command(
    "silence",
    epilog="Examples: `roadworthy alerts silence bank-helpdesk --for 4h` · `roadworthy alerts silence --end 1f0c22ab`",
)
def alerts_silence(
    capability: Annotated[
        str, typer.Argument(help="Only what is about this one; by default everything.", show_default=False)
    ] = "",
    kind: Annotated[str, typer.Option(help="Only alerts of this kind, such as drift.", show_default=False)] = "",
    span: Annotated[str, typer.Option("--for", help="How long: 30m, 4h, 2d.")] = "1h",
    end: Annotated[str, typer.Option(help="End this silence instead.", show_default=False)] = "",
    json: Json = False,
) -> None:
    """Tell nobody for a while; what happens is seen and kept, and told afterwards when it is still so."""
    from cli.alerts import end_silence, silence

    guarded(lambda: end_silence(end, json) if end else silence(capability, kind, span, json), json)


@alerts.command("check", epilog="Example, every five minutes from a crontab: `roadworthy alerts check`")
def alerts_check(json: Json = False) -> None:
    """Look now for spikes, nights that nobody read, and releases that don't load; the house does it every five minutes.

    Exit code 5 when something is wrong, 6 when something could not be looked at.
    """
    from cli.alerts import check_once

    guarded(lambda: check_once(json), json)
