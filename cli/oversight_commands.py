"""The commands of people who watch over what is served: `audit` and `queue`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Json, group

audit = group("The audit log: tool calls, approvals, administration, switches, guard blocks, escalations; no contents.")
queue = typer.Typer(
    help="What waits for a person: conversations that were handed over, and calls of tools to approve.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

Case = Annotated[str, typer.Argument(help="The case's id, as the queue shows it.", show_default=False)]
Request = Annotated[str, typer.Argument(help="The request's id, as the queue shows it.", show_default=False)]


@audit.command("verify", epilog="Example: `roadworthy audit verify`")
def audit_verify(json: Json = False) -> None:
    """Check every entry and the whole chain, and that nothing is gone since the last check here. Exit code 4 if so."""
    from cli.audit import verify_log

    guarded(lambda: verify_log(json), json)


@audit.command("show", epilog="Example: `roadworthy audit show --kind switch --capability bank-helpdesk`")
def audit_show(
    since: Annotated[str | None, typer.Option(help="ISO 8601, local time unless it says.")] = None,
    kind: Annotated[str, typer.Option(help="Such as call, approval, switch, guard_blocks; by default all.")] = "",
    capability: Annotated[str, typer.Option(help="Only what is about this one.")] = "",
    by: Annotated[str, typer.Option(help="Only what this person did; the log itself holds no names.")] = "",
    json: Json = False,
) -> None:
    """Show what the audit log says, each entry checked."""
    from cli.audit import show_log

    guarded(lambda: show_log(since, kind, capability, by, json), json)


@queue.callback()
def queue_all(context: typer.Context) -> None:
    """What waits for a person; without a command: all of it."""
    if context.invoked_subcommand is None:
        queue_list()


@queue.command("list", epilog="Example: `roadworthy queue list bank-helpdesk`")
def queue_list(
    capability: Annotated[str, typer.Argument(help="Only what is about this one.", show_default=False)] = "",
    json: Json = False,
) -> None:
    """List what waits for a person, the oldest first."""
    from cli.queue import list_waiting

    guarded(lambda: list_waiting(capability, json), json)


@queue.command("show", epilog="Example: `roadworthy queue show bank-helpdesk.06h0jnlqb0772umnoeg81h5dlodr9jj3`")
def queue_show(case: Case, json: Json = False) -> None:
    """Show a conversation that was handed over: why, who took it, what was answered."""
    from cli.queue import show_case

    guarded(lambda: show_case(case, json), json)


@queue.command("take", epilog="Example: `roadworthy queue take bank-helpdesk.06h0jnlqb0772umnoeg81h5dlodr9jj3`")
def queue_take(case: Case, json: Json = False) -> None:
    """Take a case: for four hours nobody else answers it."""
    from cli.queue import take_case

    guarded(lambda: take_case(case, json), json)


@queue.command(
    "answer",
    epilog='Example: `roadworthy queue answer bank-helpdesk.06h0jnlqb0772umnoeg81h5dlodr9jj3 "We called you."`',
)
def queue_answer(
    case: Case,
    text: Annotated[str, typer.Argument(help="What the user gets; it is kept as you write it.", show_default=False)],
    json: Json = False,
) -> None:
    """Answer a case; the application fetches the answer."""
    from cli.queue import answer_case

    guarded(lambda: answer_case(case, text, json), json)


@queue.command(
    "close", epilog="Example: `roadworthy queue close bank-helpdesk.06h0jnlqb0772umnoeg81h5dlodr9jj3 --reason phoned`"
)
def queue_close(
    case: Case, reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "", json: Json = False
) -> None:
    """End a case without an answer."""
    from cli.queue import close_case

    guarded(lambda: close_case(case, reason, json), json)


@queue.command("approve", epilog="Example: `roadworthy queue approve REQUEST`")
def queue_approve(request: Request, json: Json = False) -> None:
    """Approve one call of a tool with exactly its arguments, for one use; never one's own."""
    from cli.queue import approve_call

    guarded(lambda: approve_call(request, json), json)


@queue.command("refuse", epilog="Example: `roadworthy queue refuse REQUEST --reason 'ask the branch'`")
def queue_refuse(
    request: Request,
    reason: Annotated[str, typer.Option(help="Why; colleagues see it, the log does not keep it.")] = "",
    json: Json = False,
) -> None:
    """Refuse one call of a tool with exactly its arguments, until the request expires."""
    from cli.queue import refuse_call

    guarded(lambda: refuse_call(request, reason, json), json)
