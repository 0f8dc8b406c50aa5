"""What README and docs show: each command of ours is there, with these options and as many arguments as it takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup

from cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/playbooks").glob("*.md")))
"""What people follow; pages on decisions also name what was turned down."""
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r"^\$ (.*)$", re.MULTILINE)
INLINE = re.compile(r"`((?:roadworthy|make) [^`]*)`")
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
PARTS = re.compile(r"\s*(?:&&|;|\|)\s*(?=roadworthy|make)")


def _shown() -> Iterator[tuple[str, str, bool]]:
    """Yield each command with its page, and whether it stands at a prompt: there it is whole, in a text not always."""
    for page in PAGES:
        text, name = page.read_text(), str(page.relative_to(ROOT))
        for block in BLOCK.findall(text):
            for line in PROMPT.findall(block):
                yield from ((name, one, True) for one in PARTS.split(line) if one.startswith(("roadworthy ", "make ")))
        yield from ((name, " ".join(one.split()), False) for one in INLINE.findall(BLOCK.sub("", text)))


SHOWN = sorted(set(_shown()))
OF_ROADWORTHY = [each for each in SHOWN if each[1].startswith("roadworthy ")]
OF_MAKE = [each for each in SHOWN if each[1].startswith("make ")]


def _find(words: list[str]) -> tuple[TyperCommand | TyperGroup, list[str]]:
    """Return the command that `words` name, and what is given to it."""
    group = typer.main.get_group(app)
    for number, word in enumerate(words):
        assert word in group.commands, f"there is no command {word!r}; there are {sorted(group.commands)}"
        found = group.commands[word]
        if not isinstance(found, TyperGroup):
            assert isinstance(found, TyperCommand)
            return found, words[number + 1 :]
        group = found
    return group, []


def test_pages_show_commands() -> None:
    """Commands at prompts and in running text are found, so that the rest is asked of something."""
    assert {whole for _, _, whole in OF_ROADWORTHY} == {True, False}
    assert {name for name, _, _ in SHOWN} >= {"README.md", "docs/gateway.md", "docs/watch.md"}


@pytest.mark.parametrize(("page", "line", "whole"), OF_ROADWORTHY)
def test_a_command_that_is_shown_can_be_typed(page: str, line: str, whole: bool) -> None:
    """It exists with these options; at a prompt what it has to be given is given, too, and nothing that it refuses."""
    command, given = _find(shlex.split(line, comments=True)[1:])
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {one for one in given if one.startswith("--")} <= options | {"--help"}, f"{page}: {line}"
    if whole:
        command.make_context(line, given)


@pytest.mark.parametrize(("page", "line", "whole"), OF_MAKE)
def test_a_target_that_is_shown_can_be_made(page: str, line: str, whole: bool) -> None:
    """Each target stands in the Makefile."""
    targets = TARGET.findall((ROOT / "Makefile").read_text())
    assert shlex.split(line, comments=True)[1] in targets, f"{page}: {line}"
