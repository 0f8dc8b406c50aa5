"""The commands about labels that come late: `labels add` and `labels show`; imports are late, as in main.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Capability, Json

labels = typer.Typer(
    help="What came true of predictions, given later: nights measure by it what they had estimated.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@labels.command(
    epilog="Examples: `roadworthy labels add flight-delay outcomes.parquet` · "
    "`roadworthy labels add flight-delay landed.csv --key flight --label late --event-time landed_at`"
)
def add(
    capability: Capability,
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: request, row (from 0), label, event_time.")],
    label: Annotated[
        str, typer.Option(help="The column with 1 or true for what the model predicts, else 0.")
    ] = "label",
    request: Annotated[str, typer.Option(help="The column with the prediction's x-request-id.")] = "request",
    row: Annotated[str, typer.Option(help="The column with the row's number in the request; may be missing.")] = "row",
    key: Annotated[
        str | None, typer.Option(help="The column with the key that came with the prediction, instead of request, row.")
    ] = None,
    event_time: Annotated[
        str, typer.Option(help="The column with the time of the event; may be missing.")
    ] = "event_time",
    json: Json = False,
) -> None:
    """Keep labels, without content. Run again, it adds nothing; another label for the same row corrects the first.

    Exit code 3 when some rows can't be used: the others are kept, and each says what to do.
    """
    from cli.labels import add_labels
    from roadworthy.labels.reading import OutcomeColumns

    names = OutcomeColumns(label=label, request=request, row=row, key=key, event_time=event_time)
    guarded(lambda: add_labels(capability, file, names, json), json)


@labels.command(epilog="Example: `roadworthy labels show flight-delay --night 2026-11-22`")
def show(
    capability: Capability,
    night: Annotated[str | None, typer.Option(help="Up to this night; by default yesterday.")] = None,
    json: Json = False,
) -> None:
    """Show past nights measured by the labels that have come, beside what was estimated without them."""
    from cli.labels import show_labels

    guarded(lambda: show_labels(capability, night, json), json)
