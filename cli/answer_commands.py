"""The commands that ask a release: `predict`, `ask` and `evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Json, commands

answers = commands()


@answers.command(epilog="Example: `roadworthy predict flight-delay@production tomorrow.csv --output scores.parquet`")
def predict(
    release: Annotated[str, typer.Argument(help="flight-delay@3, or flight-delay for the one in production.")],
    table: Annotated[Path, typer.Argument(help="Rows to predict, as Parquet or CSV, with the model's features.")],
    output: Annotated[Path | None, typer.Option(help="Where to write; by default beside TABLE.")] = None,
    batch_rows: Annotated[int, typer.Option(min=1, help="So many rows are in memory at a time.")] = 50_000,
    json: Json = False,
) -> None:
    """Predict a table of any size with a released model, batch by batch."""
    from cli.predict import predict_rows

    guarded(lambda: predict_rows(release, table, output, batch_rows, json), json)


@answers.command(epilog='Example: `roadworthy ask bank-helpdesk "What does the Green Account cost?" --trace`')
def ask(
    release: Annotated[str, typer.Argument(help="bank-helpdesk@5, or bank-helpdesk for the one in production.")],
    question: Annotated[str, typer.Argument(help="What to ask.")],
    user: Annotated[str, typer.Option(help="The authenticated customer for whom tools act; by default nobody.")] = "",
    conversation: Annotated[str, typer.Option(help="Approvals of tool calls are bound to it.")] = "",
    trace: Annotated[bool, typer.Option("--trace", help="Show each guard, passage, tool and token.")] = False,
    json: Json = False,
) -> None:
    """Ask a released assistant; it answers with citations."""
    from cli.ask import ask as ask_release

    guarded(lambda: ask_release(release, question, user, conversation, trace, json), json)


@answers.command(epilog="Example: `roadworthy evaluate bank-helpdesk@5 --set my.jsonl`")
def evaluate(
    release: Annotated[str, typer.Argument(help="bank-helpdesk@5, or bank-helpdesk for the latest.")],
    queries: Annotated[Path, typer.Option("--set", help="Queries with their rubrics, one JSON object a line.")],
    output: Annotated[
        Path | None, typer.Option(help="Where every answer is written; by default beside the set.")
    ] = None,
    json: Json = False,
) -> None:
    """Ask a released assistant every query of a set, and score the answers."""
    from cli.evaluate import evaluate_release

    guarded(lambda: evaluate_release(release, queries, output, json), json)
