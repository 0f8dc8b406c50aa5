"""The commands about evaluation sets: `evalset add`, `check` and `review`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import review_commands
from cli.errors import guarded
from cli.parts import Json, group

evalset = group("Evaluation sets: queries with rubrics.")
evalset.add_typer(review_commands.review, name="review")


@evalset.command("add", epilog="Example: `roadworthy evalset add tickets.csv --set evalsets/bank_helpdesk.jsonl`")
def evalset_add(
    source: Annotated[Path, typer.Argument(help="Real queries, as CSV or JSONL.")],
    queries: Annotated[Path, typer.Option("--set", help="The evaluation set; the drafts go beside it.")],
    column: Annotated[str | None, typer.Option(help="The column with the query; guessed by its name.")] = None,
    json: Json = False,
) -> None:
    """Bring real queries in as drafts: anonymised but for names of people, de-duplicated, with the rubric to fill."""
    from cli.evalset import add_real_queries

    guarded(lambda: add_real_queries(source, queries, column, json), json)


@evalset.command("check", epilog="Example: `roadworthy evalset check evalsets/bank_helpdesk.jsonl`")
def evalset_check(queries: Annotated[Path, typer.Argument(help="The evaluation set.")], json: Json = False) -> None:
    """Say whether a set can be read, whether there is enough of each kind, and what to mend."""
    from cli.evalset import check_queries

    guarded(lambda: check_queries(queries, json), json)
