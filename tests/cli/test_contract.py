"""What holds for every command: help with an example, JSON for scripts, documented exit codes, and a quick start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from fakes.front_door import ask
from fakes.small_project import SmallProject
from typer.core import TyperCommand, TyperGroup

from cli.errors import INTERRUPTED
from cli.main import EXIT_CODES, app
from roadworthy.errors import RoadworthyError

WITHOUT_JSON = {"ui", "up", "serve", "down"}
"""They serve and stop pages, and report nothing that a script would read."""
HEAVY = ("prefect", "mlflow", "dvc", "great_expectations", "pandas", "sklearn", "numpy")
IMPORTED = re.compile(r"^import time:.*\| +(\w+)", re.MULTILINE)


def _walk(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _walk(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(_walk(typer.main.get_group(app)))
EACH = pytest.mark.parametrize("name", COMMANDS)


def test_the_walk_finds_the_commands() -> None:
    """Groups are walked too, so that what follows is asked of every command."""
    assert {"release", "promote", "rollback", "status", "registry sync", "registry rebuild"} <= COMMANDS.keys()
    assert COMMANDS.keys() >= WITHOUT_JSON


@EACH
def test_help_says_what_it_does_and_shows_an_example(tmp_path: Path, name: str) -> None:
    """`--help` tells it in a sentence, and ends in an example that calls this very command."""
    command = COMMANDS[name]
    assert command.help is not None
    assert command.help.endswith(".")
    assert command.epilog is not None
    examples = re.findall("`roadworthy ([^`]*)`", command.epilog)
    assert examples
    assert all(re.match(rf"{name}\b", example) for example in examples)
    shown = ask(tmp_path, *name.split(), "--help")
    assert shown.code == 0
    for text in (command.help, command.epilog):
        assert "".join(text.split()) in "".join(shown.out.split())


@EACH
def test_whatever_reports_something_speaks_json(name: str) -> None:
    """Scripts can ask every command for JSON, but for those that only serve pages or stop that."""
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert ("--json" in options) is (name not in WITHOUT_JSON)


@EACH
def test_every_option_is_explained(name: str) -> None:
    """No argument and no option stands there without a word on what it is."""
    unexplained = [parameter.name for parameter in COMMANDS[name].params if not getattr(parameter, "help", None)]
    assert unexplained == []


def test_the_exit_codes_are_those_of_the_errors() -> None:
    """The help lists what the errors and Ctrl-C end in, and nothing else."""
    documented = {int(code) for code in re.findall(r"\b(\d+) [a-zA-Z]", EXIT_CODES)}
    assert documented == {0, INTERRUPTED} | {kind.exit_code for kind in _kinds(RoadworthyError)}


@pytest.mark.parametrize("arguments", [("--help",), ("status",), ("history", "churn")], ids=" ".join)
def test_a_quick_command_imports_nothing_heavy(released_project: SmallProject, arguments: tuple[str, ...]) -> None:
    """A question that the ledger answers waits for no orchestrator, tracking server or array library."""
    said = released_project.run(*arguments, PYTHONPROFILEIMPORTTIME="1")
    assert said.returncode == 0, said.stderr
    imported = set(IMPORTED.findall(said.stderr))
    assert "typer" in imported
    assert imported.isdisjoint(HEAVY)


def _kinds(kind: type[RoadworthyError]) -> Iterator[type[RoadworthyError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
