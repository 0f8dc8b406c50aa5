"""`roadworthy`: puts the commands together. Each calls one function, and imports late, so that --help is quick."""

from __future__ import annotations

import atexit
import os
import sys

import typer

from cli import (
    alert_commands,
    answer_commands,
    evalset_commands,
    house_commands,
    incident_commands,
    key_commands,
    label_commands,
    oversight_commands,
    record_commands,
    registry_commands,
    release_commands,
    traffic_commands,
    watch_commands,
)
from roadworthy.memory import collect_rarely

EXIT_CODES = """
Exit codes: 0 done · 1 other failure · 2 wrong request or parameters · 3 data can't be used · 4 bytes, signature or
chain are not what was recorded · 5 rule not met · 6 a service is down · 7 in use by somebody else · 8 a step died ·
130 interrupted with Ctrl-C.
"""

app = typer.Typer(
    name="roadworthy",
    help="One release path for models and prompts: forward only on evidence, back in a second.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    # Rich would colour the help and double its time.
    rich_markup_mode=None,
)
app.add_typer(release_commands.releases)
app.add_typer(record_commands.records)
app.add_typer(answer_commands.answers)
app.add_typer(watch_commands.looks)
app.add_typer(house_commands.house)
app.add_typer(registry_commands.registry, name="registry")
app.add_typer(evalset_commands.evalset, name="evalset")
app.add_typer(oversight_commands.audit, name="audit")
app.add_typer(oversight_commands.queue, name="queue")
app.add_typer(traffic_commands.switch, name="switch")
app.add_typer(traffic_commands.canary, name="canary")
app.add_typer(traffic_commands.experiment, name="experiment")
app.add_typer(key_commands.keys, name="keys")
app.add_typer(alert_commands.alerts, name="alerts")
app.add_typer(incident_commands.incident, name="incident")
app.add_typer(label_commands.labels, name="labels")


def main() -> None:
    """Run the command line."""
    # Pydantic looks through every installed package for plugins at its first model, which nobody has here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    collect_rarely()
    ended = _Ended()
    # Registered first, so that it comes last, after all that others do at the end.
    atexit.register(ended.leave)
    try:
        app()
    except SystemExit as end:
        ended.code = end.code if isinstance(end.code, int) else int(end.code is not None)
        raise


class _Ended:
    """Leaves without taking thousands of modules apart, which takes half a second after a flow and helps nobody."""

    def __init__(self) -> None:
        self.code: int | None = None

    def leave(self) -> None:
        """End the process; one that dies of an exception ends as Python ends it."""
        if self.code is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.code)


if __name__ == "__main__":
    main()
