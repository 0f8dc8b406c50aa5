"""Reads the declaration of tools from a YAML file, and says of an error in which file and field it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from roadworthy.errors import ParamsError
from roadworthy.tools.declaration import ToolSet


def load_tools(path: Path) -> ToolSet:
    """Read and check the file at `path`. Raises `ParamsError` with file and field."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _error("there is no such file", path.name, "name a file in tools/") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _error("the file can't be read", f"{path.name}: {error}", "make it a text file in UTF-8") from None
    return parse_tools(text, path.name)


def parse_tools(text: str, source: str) -> ToolSet:
    """Check the declaration `text`; `source` is the file's name. Raises `ParamsError` with file and field."""
    # Late imports: start-up time. YAML 1.2, where `Yes` is a word and a key may not stand twice.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise _error("it is not readable as YAML", f"{source}: {str(error)[:500]}", "mend that line") from None
    return _checked(content, source)


def _checked(content: Any, source: str) -> ToolSet:
    if not isinstance(content, dict):
        raise _error("it holds no sections", source, "write the sections `capabilities` and `tools`")
    try:
        return ToolSet.model_validate(content)
    except RecursionError:
        raise _error("it is nested without end", source, "write it without aliases to itself") from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    lines = [f"{source}: {_place(one['loc'], content)}: {_reason(one['msg'], one['type'])}" for one in found]
    raise _error(
        f"{len(lines)} wrong keys or values" if len(lines) > 1 else "a wrong key or value",
        "\n          ".join(lines),
        "mend each line as it says; tools/README.md describes the keys",
    )


def _place(location: tuple[int | str, ...], content: dict[str, Any]) -> str:
    """Return the field's place, with a tool's name instead of its number."""
    parts = [str(part) for part in location]
    if len(parts) > 1 and parts[0] == "tools" and isinstance(location[1], int):
        tool = content["tools"][location[1]]
        parts[1] = str(tool["name"]) if isinstance(tool, dict) and "name" in tool else parts[1]
    return ".".join(parts) or "(the whole file)"


def _reason(message: str, kind: str) -> str:
    return "unknown key" if kind == "extra_forbidden" else message.removeprefix("Value error, ")


def _error(problem: str, where: str, remedy: str) -> ParamsError:
    return ParamsError(f"The tools can't be loaded: {problem}.", where=where, remedy=remedy)
