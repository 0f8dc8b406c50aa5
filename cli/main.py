"""`roadworthy`: the commands. Each is a few lines that call one function; imports are late, so that --help is quick."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import (
    alert_commands,
    incident_commands,
    key_commands,
    oversight_commands,
    review_commands,
    traffic_commands,
)
from cli.errors import guarded
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
registry = typer.Typer(
    help="MLflow's registry, the people's window on the ledger.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(registry, name="registry")
evalset = typer.Typer(help="Evaluation sets: queries with rubrics.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(evalset, name="evalset")
evalset.add_typer(review_commands.review, name="review")
telemetry = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(telemetry, name="telemetry")
app.add_typer(oversight_commands.audit, name="audit")
app.add_typer(oversight_commands.queue, name="queue")
app.add_typer(traffic_commands.switch, name="switch")
app.add_typer(traffic_commands.canary, name="canary")
app.add_typer(traffic_commands.experiment, name="experiment")
app.command(epilog="Example: `roadworthy serve --port 8000`")(traffic_commands.serve)
app.add_typer(key_commands.keys, name="keys")
app.add_typer(alert_commands.alerts, name="alerts")
app.add_typer(incident_commands.incident, name="incident")

Capability = Annotated[str, typer.Argument(help="The capability's name in params.yaml.", show_default=False)]
Release = Annotated[
    str,
    typer.Argument(help="flight-delay@3, flight-delay@production or flight-delay (the latest).", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.command(epilog="Example: `roadworthy release flight-delay`")
def release(capability: Capability, json: Json = False) -> None:
    """Make a release, from data to evidence; what is unchanged is skipped. Exit code 5 when a gate does not pass."""
    from cli.release import make_release

    guarded(lambda: make_release(capability, json), json)


@app.command(epilog="Examples: `roadworthy promote` · `roadworthy promote flight-delay@3 --approve`")
def promote(
    release: Annotated[str | None, typer.Argument(help="A release or a capability; by default all requests.")] = None,
    approve: Annotated[bool, typer.Option(help="You approve this release, here and now.")] = False,
    to: Annotated[str, typer.Option(help="With --approve: staging, canary or production.")] = "production",
    json: Json = False,
) -> None:
    """Read what people asked for in MLflow, check it against the rule, and move releases or say why not."""
    from cli.promote import promote_requested

    guarded(lambda: promote_requested(release, approve, to, json), json)


@app.command(epilog="Example: `roadworthy rollback flight-delay --reason 'wrong for EWR'`")
def rollback(
    capability: Capability,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the ledger.")] = "rolled back by hand",
    json: Json = False,
) -> None:
    """Put the previous production release back, in under a second."""
    from cli.rollback import roll_back

    guarded(lambda: roll_back(capability, reason, json), json)


@app.command(epilog="Example: `roadworthy status`")
def status(json: Json = False) -> None:
    """Show what is live, what is a candidate, and what waits for whom."""
    from cli.status import show_status

    guarded(lambda: show_status(json), json)


@app.command(epilog="Example: `roadworthy history flight-delay --at 2026-11-20T12:00`")
def history(
    capability: Capability,
    at: Annotated[str | None, typer.Option(help="What was live then? ISO 8601, local time unless it says.")] = None,
    json: Json = False,
) -> None:
    """Show everything that happened to a capability, or what was live at a moment."""
    from cli.history import show_history

    guarded(lambda: show_history(capability, at, json), json)


@app.command(epilog="Examples: `roadworthy diff 3 4` · `roadworthy diff flight-delay@production flight-delay`")
def diff(
    one: Annotated[str, typer.Argument(help="A release.")],
    other: Annotated[str, typer.Argument(help="Another release of the same capability.")],
    json: Json = False,
) -> None:
    """Say what differs between two releases: data, parameters, code, environment, metrics."""
    from cli.diff import show_difference

    guarded(lambda: show_difference(one, other, json), json)


@app.command(epilog="Example: `roadworthy predict flight-delay@production tomorrow.csv --output scores.parquet`")
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


@app.command(epilog='Example: `roadworthy ask bank-helpdesk "What does the Green Account cost?" --trace`')
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


@app.command(epilog="Example: `roadworthy evaluate bank-helpdesk@5 --set my.jsonl`")
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


@evalset.command("add", epilog="Example: `roadworthy evalset add tickets.csv --set evalsets/bank_helpdesk.jsonl`")
def evalset_add(
    source: Annotated[Path, typer.Argument(help="Real queries, as CSV or JSONL.")],
    queries: Annotated[Path, typer.Option("--set", help="The evaluation set; the drafts go beside it.")],
    column: Annotated[str | None, typer.Option(help="The column with the query; guessed by its name.")] = None,
    json: Json = False,
) -> None:
    """Bring real queries in as drafts: anonymised, de-duplicated, with the rubric to fill."""
    from cli.evalset import add_real_queries

    guarded(lambda: add_real_queries(source, queries, column, json), json)


@evalset.command("check", epilog="Example: `roadworthy evalset check evalsets/bank_helpdesk.jsonl`")
def evalset_check(queries: Annotated[Path, typer.Argument(help="The evaluation set.")], json: Json = False) -> None:
    """Say whether a set can be read, whether there is enough of each kind, and what to mend."""
    from cli.evalset import check_queries

    guarded(lambda: check_queries(queries, json), json)


@app.command(epilog="Example: `roadworthy watch flight-delay --replay 2013-04..2013-12`")
def watch(
    capability: Capability,
    night: Annotated[str | None, typer.Option(help="One night, as 2013-07-14.")] = None,
    replay: Annotated[str | None, typer.Option(help="A span, as 2013-04..2013-12 or with days.")] = None,
    json: Json = False,
) -> None:
    """Replay past nights: drift, performance before and after the labels, and when it would have retrained."""
    from cli.watch import watch as replay_nights

    guarded(lambda: replay_nights(capability, night, replay, json), json)


@app.command(
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


@app.command(epilog="Example: `roadworthy verify flight-delay@3`")
def verify(release: Release, json: Json = False) -> None:
    """Check a release's signature, every digest, and the ledger's chain."""
    from cli.verify import verify_release_and_ledger

    guarded(lambda: verify_release_and_ledger(release, json), json)


@app.command(epilog="Example: `roadworthy reproduce flight-delay@3`")
def reproduce(
    release: Release,
    into: Annotated[Path | None, typer.Option(help="An empty folder to work in; it is kept.")] = None,
    json: Json = False,
) -> None:
    """Rebuild a release from its manifest in an empty folder, and compare it file by file."""
    from cli.reproduce import reproduce_release

    guarded(lambda: reproduce_release(release, into, json), json)


@app.command(epilog="Example: `roadworthy lineage flight-delay@3 --html lineage.html`")
def lineage(
    release: Release,
    html: Annotated[Path | None, typer.Option(help="Write the graph as a page that works offline.")] = None,
    json: Json = False,
) -> None:
    """Draw what a release was made from, step by step."""
    from cli.lineage import show_lineage

    guarded(lambda: show_lineage(release, html, json), json)


@app.command(epilog="Example: `roadworthy render --check`")
def render(
    check: Annotated[bool, typer.Option(help="Only say whether dvc.yaml is up to date.")] = False, json: Json = False
) -> None:
    """Render dvc.yaml from params.yaml and the steps."""
    from cli.render import render_pipeline

    guarded(lambda: render_pipeline(check, json), json)


@app.command(epilog="Example: `roadworthy ui`")
def ui() -> None:
    """Serve Prefect's and MLflow's pages on loopback until Ctrl-C."""
    from cli.servers import serve_pages

    guarded(serve_pages, as_json=False)


@app.command(epilog="Example: `roadworthy up --no-gateway`")
def up(gateway: Annotated[bool, typer.Option(help="Serve what is in production, too.")] = True) -> None:
    """Run the whole house on this machine until Ctrl-C: Prefect, its worker and schedules, MLflow, the gateway."""
    from cli.up import raise_house

    guarded(lambda: raise_house(gateway), as_json=False)


@app.command(epilog="Example: `roadworthy down`")
def down() -> None:
    """Stop the local servers that this project started."""
    from cli.servers import stop_servers

    guarded(stop_servers, as_json=False)


@registry.command("sync", epilog="Example: `roadworthy registry sync flight-delay`")
def registry_sync(capability: Capability, json: Json = False) -> None:
    """Make tags and aliases say what the ledger says."""
    from cli.registry import sync_registry

    guarded(lambda: sync_registry(capability, json), json)


@registry.command("rebuild", epilog="Example: `roadworthy registry rebuild flight-delay`")
def registry_rebuild(capability: Capability, json: Json = False) -> None:
    """Make every version, run, tag and alias again from the ledger and the store."""
    from cli.registry import rebuild_registry

    guarded(lambda: rebuild_registry(capability, json), json)


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
