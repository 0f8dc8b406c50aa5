"""The commands `evalset review list|accept|reject`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Json, group

review = group(
    "Real queries that went badly (thumbs down, not settled, taken over by a person), for an evaluation set."
)

Capability = Annotated[str, typer.Argument(help="The assistant's name.", show_default=False)]
Ids = Annotated[list[str], typer.Argument(help="Which queries, by their ids.", show_default=False)]
Days = Annotated[int, typer.Option(min=1, help="So many days back; contents are kept for about as long.")]


@review.command("list", epilog="Example: `roadworthy evalset review list bank-helpdesk`")
def review_list(capability: Capability, days: Days = 30, json: Json = False) -> None:
    """Show what waits: anonymised, without what the set or its drafts nearly hold, the most frequent first."""
    from cli.review import list_waiting

    guarded(lambda: list_waiting(capability, days, json), json)


@review.command("accept", epilog="Example: `roadworthy evalset review accept bank-helpdesk real-0123456789ab`")
def review_accept(capability: Capability, ids: Ids, days: Days = 30, json: Json = False) -> None:
    """Take queries as drafts beside the set, with the rubric to fill."""
    from cli.review import accept

    guarded(lambda: accept(capability, tuple(ids), days, json), json)


@review.command("reject", epilog="Example: `roadworthy evalset review reject bank-helpdesk real-0123456789ab`")
def review_reject(
    capability: Capability,
    ids: Ids,
    reason: Annotated[str, typer.Option(help="Why; it is kept beside the set.")] = "",
    days: Days = 30,
    json: Json = False,
) -> None:
    """Leave queries for good: nobody is asked about them again."""
    from cli.review import reject

    guarded(lambda: reject(capability, tuple(ids), days, reason, json), json)
