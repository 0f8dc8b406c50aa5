"""`roadworthy keys`: the commands about keys, as the command line has them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Json, group

keys = group("Keys: who may call the gateway, and how much.")


@keys.command(
    "create",
    epilog="Example: `roadworthy keys create --tenant acme --scope capability:bank-helpdesk --limit 60/min "
    "--budget 5USD/day`",
)
def keys_create(
    tenant: Annotated[str, typer.Option(help="Who pays: budgets, queues and telemetry go by it.")],
    name: Annotated[str, typer.Option(help="What people call the key.")] = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="capability:NAME, capability:*, feedback or admin; by default capability:* and feedback."),
    ] = None,
    limit: Annotated[str, typer.Option(help="Requests in a moving window.")] = "60/min",
    user_limit: Annotated[str | None, typer.Option(help="The same for each user of the application.")] = None,
    budget: Annotated[str | None, typer.Option(help="Money per hour, day or month, such as 5USD/day.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests at work at the same time, in each process.")] = 8,
    expires: Annotated[str | None, typer.Option(help="A day (in UTC) or a moment, such as 2027-01-01.")] = None,
    json: Json = False,
) -> None:
    """Create a key and show its text, this once: only a digest is kept."""
    from cli.keys import create_key, expiry

    guarded(
        lambda: create_key(
            {
                "tenant": tenant,
                "name": name,
                "scopes": scope,
                "rate": limit,
                "user_rate": user_limit,
                "budget": budget,
                "concurrency": concurrency,
                "expires_at": expiry(expires),
            },
            json,
        ),
        json,
    )


@keys.command("list", epilog="Example: `roadworthy keys list`")
def keys_list(json: Json = False) -> None:
    """Show all keys and whether they can be used; nothing secret is kept, so none is shown."""
    from cli.keys import list_keys

    guarded(lambda: list_keys(json), json)


@keys.command("revoke", epilog="Example: `roadworthy keys revoke 3f9c0a7d51e2b846 --reason 'left the project'`")
def keys_revoke(
    key: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept with the revocation.")] = "revoked by hand",
    json: Json = False,
) -> None:
    """End a key for good; every gateway refuses it within a second."""
    from cli.keys import revoke_key

    guarded(lambda: revoke_key(key, reason, json), json)
