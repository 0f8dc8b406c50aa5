"""What the commands are made of: groups, and the arguments that many of them take."""

from __future__ import annotations

from typing import Annotated

import typer

Capability = Annotated[str, typer.Argument(help="The capability's name in params.yaml.", show_default=False)]
Release = Annotated[
    str,
    typer.Argument(help="flight-delay@3, flight-delay@production or flight-delay (the latest).", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def group(help: str) -> typer.Typer:
    """Return an empty group of commands; without one of them it shows its help."""
    # Rich would colour the help and double its time.
    return typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None)


def commands() -> typer.Typer:
    """Return an empty set of commands that stand in no group: it is added to the command line without a name."""
    return typer.Typer(rich_markup_mode=None)
