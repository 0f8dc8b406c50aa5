"""The commands that make, move and check releases: `release`, `promote`, `rollback`, `verify` and `reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Capability, Json, Release, commands

releases = commands()


@releases.command(epilog="Example: `roadworthy release flight-delay`")
def release(capability: Capability, json: Json = False) -> None:
    """Make a release, from data to evidence; what is unchanged is skipped. Exit code 5 when a gate does not pass."""
    from cli.release import make_release

    guarded(lambda: make_release(capability, json), json)


@releases.command(epilog="Examples: `roadworthy promote` · `roadworthy promote flight-delay@3 --approve`")
def promote(
    release: Annotated[str | None, typer.Argument(help="A release or a capability; by default all requests.")] = None,
    approve: Annotated[bool, typer.Option(help="You approve this release, here and now.")] = False,
    to: Annotated[str, typer.Option(help="With --approve: staging, canary or production.")] = "production",
    json: Json = False,
) -> None:
    """Read what people asked for in MLflow, check it against the rule, and move releases or say why not."""
    from cli.promote import promote_requested

    guarded(lambda: promote_requested(release, approve, to, json), json)


@releases.command(epilog="Example: `roadworthy rollback flight-delay --reason 'wrong for EWR'`")
def rollback(
    capability: Capability,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the ledger.")] = "rolled back by hand",
    json: Json = False,
) -> None:
    """Put the previous production release back, in under a second."""
    from cli.rollback import roll_back

    guarded(lambda: roll_back(capability, reason, json), json)


@releases.command(epilog="Example: `roadworthy verify flight-delay@3`")
def verify(release: Release, json: Json = False) -> None:
    """Check a release's signature, every digest, and the ledger's chain."""
    from cli.verify import verify_release_and_ledger

    guarded(lambda: verify_release_and_ledger(release, json), json)


@releases.command(epilog="Example: `roadworthy reproduce flight-delay@3`")
def reproduce(
    release: Release,
    into: Annotated[Path | None, typer.Option(help="An empty folder to work in; it is kept.")] = None,
    json: Json = False,
) -> None:
    """Rebuild a release from its manifest in an empty folder, and compare it file by file."""
    from cli.reproduce import reproduce_release

    guarded(lambda: reproduce_release(release, into, json), json)
