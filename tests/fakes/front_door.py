"""The command line in the test's own process: what a person sees, without the second that a process takes to start."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app


@dataclass(frozen=True)
class Answer:
    """What a command ended in."""

    code: int
    out: str
    err: str


def ask(root: Path, *arguments: str, **settings: str) -> Answer:
    """Run `roadworthy` with these arguments in the folder `root`, with these settings and no others.

    Not MLflow's either: whoever connected to it before in this process left its address in the environment.
    """
    surroundings = {name: None for name in os.environ if name.startswith(("ROADWORTHY_", "MLFLOW_"))}
    with contextlib.chdir(root):
        result = CliRunner(env={**surroundings, **settings}).invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)
