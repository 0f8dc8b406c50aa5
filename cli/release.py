"""`roadworthy release`: runs the flow with live progress and ends in a summary."""

# Late imports: the worker processes start before Prefect is imported, so that both go on at once.
from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console

from roadworthy.errors import RuleBroken
from roadworthy.settings import Settings

if TYPE_CHECKING:
    from tasks.shipped import Shipped


def make_release(capability: str, as_json: bool) -> int:
    """Make the release, show the summary; return 5 when a gate does not pass: it is made, and held."""
    start = time.monotonic()
    shipped = _ship(capability, Console(stderr=as_json))
    if as_json:
        from cli.output import print_json

        print_json(shipped)
    else:
        from cli.summary import show_shipped

        show_shipped(shipped, time.monotonic() - start)
    return 0 if shipped.verdict == "pass" else RuleBroken.exit_code


def _ship(capability: str, console: Console) -> Shipped:
    from cli.progress import TerminalReporter
    from tasks.prefect_server import await_prefect, begin_prefect, without_heartbeats
    from tasks.workshop import open_workshop

    settings = Settings()
    with TerminalReporter(console) as reporter, open_workshop(settings, capability, reporter) as workshop:
        server = begin_prefect(settings)
        workshop.warm_up()
        from flows.ship_release import ship_release

        await_prefect(server)
        sys.stdout.flush()
        with without_heartbeats():
            return ship_release(capability)
