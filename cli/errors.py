"""How errors look at the front door: one message with place and remedy, and an exit code; never a stack trace."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from roadworthy.errors import ParamsError, RoadworthyError, Unavailable
from roadworthy.system_errors import explained

INTERRUPTED = 130
"""The exit code of a process that Ctrl-C ended, as shells write it."""


def guarded(command: Callable[[], int | None], as_json: bool) -> None:
    """Run `command`; exit with its code, or with that of the error that it raised."""
    try:
        code = command() or 0
    except RoadworthyError as error:
        _show(error, as_json)
        code = error.exit_code
    except KeyboardInterrupt:
        print("interrupted; run the same command again to go on from there", file=sys.stderr)
        code = INTERRUPTED
    except Exception as error:
        known = explained(error) or _of_a_setting(error) or _of_prefect(error)
        if known is None:
            raise
        _show(known, as_json)
        code = known.exit_code
    raise typer.Exit(code)


def _of_a_setting(error: Exception) -> ParamsError | None:
    """Explain a setting that is wrong; every other model of ours explains itself where it is read."""
    # Late: start-up time.
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return None
    wrong = [f"ROADWORTHY_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors() if one["loc"]]
    return ParamsError("a setting is wrong", where="; ".join(wrong), remedy="correct or unset the variable")


def _of_prefect(error: Exception) -> Unavailable | None:
    """Explain what Prefect's server did not do; by the error's origin, because importing Prefect takes two seconds."""
    if type(error).__module__.partition(".")[0] not in ("httpx", "prefect"):
        return None
    return Unavailable(
        f"Prefect's server failed: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
        where=os.environ.get("PREFECT_API_URL"),
        remedy="`roadworthy down` stops a local one, and the next command starts it anew",
    )


def _show(error: RoadworthyError, as_json: bool) -> None:
    if as_json:
        import json

        content = {"kind": type(error).__name__, "problem": error.problem, "where": error.where, "remedy": error.remedy}
        print(json.dumps({"error": content}, indent=2))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    console.print(Text.assemble(("✘ ", "bold red"), (error.problem, "bold")), soft_wrap=True)
    for name, value in (("where", error.where), ("remedy", error.remedy)):
        if value:
            console.print(Text.assemble((f"  {name + ':':<8}", "dim"), value), soft_wrap=True)
