"""Reads prompts and says of a broken one which file, line and variable it is about."""

# Late imports: start-up time.
from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from roadworthy.errors import DataError
from roadworthy.prompting.front_matter import FrontMatter
from roadworthy.prompting.prompt import Part, Prompt
from roadworthy.providers.interface import Role

if TYPE_CHECKING:
    from roadworthy.prompting.sandbox import PromptSandbox

_HEADING = re.compile(r"^## (system|user|assistant)[ \t]*$", re.MULTILINE)
LARGEST_FILE = 500_000
"""In bytes."""


def read_prompt(folder: Path, name: str) -> Prompt:
    """Read and check `folder`/`name`.md. Raises `DataError` with the file, the line and what to do."""
    path = folder / f"{name}.md"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            "there is no such prompt", where=f"prompts/{name}.md", remedy=_near(folder, name) or "write it"
        ) from None
    if len(content) > LARGEST_FILE:
        raise _wrong(name, f"the prompt has {len(content):,} bytes, at most {LARGEST_FILE:,} are allowed", "shorten it")
    try:
        return parse_prompt(name, content.decode())
    except UnicodeDecodeError as error:
        raise _wrong(name, f"the prompt is not UTF-8 (byte {error.start})", "save it as UTF-8") from None


def parse_prompt(name: str, source: str) -> Prompt:
    """Check a prompt's text. A body without `## system` or `## user` headings is one user message."""
    front_matter, body = _split(name, source)
    from roadworthy.prompting.sandbox import PromptSandbox

    environment = PromptSandbox()
    sections = _sections(name, body)
    used: set[str] = set()
    parts = []
    for role, text, first_line in sections:
        line = source.count("\n") - body.count("\n") + first_line
        used |= _variables(environment, name, text, line)
        parts.append(Part(role, environment.from_string(text)))
    _check_variables(name, set(front_matter.variables), used)
    return Prompt(name, source, front_matter, tuple(parts))


def _split(name: str, source: str) -> tuple[FrontMatter, str]:
    from frontmatter.default_handlers import YAMLHandler
    from pydantic import ValidationError
    from yaml import YAMLError

    handler = YAMLHandler()
    if not handler.detect(source):
        raise _wrong(name, "the prompt has no front matter", "begin with ---, description and variables, and ---")
    try:
        written, body = handler.split(source)
        fields: Any = handler.load(written)
        return FrontMatter.model_validate(fields), body
    except (YAMLError, ValueError) as error:
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "(all of it)"
            raise _wrong(name, f"the front matter's {field}: {first['msg']}", "see docs/prompts.md") from None
        raise _wrong(name, f"the front matter is not readable as YAML: {error}", "mend it") from None


def _sections(name: str, body: str) -> list[tuple[Role, str, int]]:
    """Return each message's role, template and first line, counted from the body's."""
    headings = list(_HEADING.finditer(body))
    if not headings:
        return [("user", body, 1)]
    if body[: headings[0].start()].strip():
        raise _wrong(name, f"text stands above the heading {headings[0].group()!r}", "move it below a heading")
    ends = [heading.start() for heading in headings[1:]] + [len(body)]
    return [
        (cast("Role", heading.group(1)), body[heading.end() : end], body.count("\n", 0, heading.end()) + 1)
        for heading, end in zip(headings, ends, strict=True)
    ]


def _variables(environment: PromptSandbox, name: str, text: str, line: int) -> set[str]:
    from jinja2 import TemplateSyntaxError
    from jinja2.meta import find_undeclared_variables

    try:
        return find_undeclared_variables(environment.parse(text))
    except TemplateSyntaxError as error:
        where = f"prompts/{name}.md: line {line + error.lineno - 1}"
        raise DataError(f"the template is broken: {error.message}", where=where, remedy="mend that line") from None


def _check_variables(name: str, declared: set[str], used: set[str]) -> None:
    for variable in sorted(used - declared):
        near = get_close_matches(variable, declared, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        remedy = f"{meant}Declare it in the front matter, or take it out"
        raise _wrong(name, f"the variable {variable!r} is used and not declared", remedy)
    for variable in sorted(declared - used):
        raise _wrong(name, f"the variable {variable!r} is declared and not used", "use it, or take it out")


def _near(folder: Path, name: str) -> str:
    known = [path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.md")]
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _wrong(name: str, problem: str, remedy: str) -> DataError:
    return DataError(problem, where=f"prompts/{name}.md", remedy=remedy)
