"""What a language model is shown of the tools, and the schema that holds its output to one of them, or to none."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from roadworthy.tools.declaration import Tool

NO_TOOL = "none"
"""What the model chooses when no tool fits; a tool of that name would never be called."""


def tool_schemas_text(tools: Iterable[Tool]) -> str:
    """Return one line for each tool: its name, its arguments (`?` for those that may be left out), what it does.

    Short, because each token of it is read at each question; the full schemas go into `choice_schema`.
    """
    return "\n".join(f"- {tool.name}({_arguments(tool.parameters_for_model())}): {tool.description}" for tool in tools)


def choice_schema(tools: Iterable[Tool]) -> dict[str, Any]:
    """Return the JSON schema of a model's choice: `{"tool": "none"}`, or `{"tool": …, "arguments": …}`.

    A help for decoding and no defence: the tool layer checks again.
    """
    calls = [_object(tool={"const": tool.name}, arguments=tool.parameters_for_model()) for tool in tools]
    return {"oneOf": [_object(tool={"const": NO_TOOL}), *calls]}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _arguments(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    described = {name: _kind(of) for name, of in schema["properties"].items()}
    return ", ".join(f"{name}{'' if name in required else '?'}: {kind}" for name, kind in described.items())


def _kind(schema: dict[str, Any]) -> str:
    """Return what an argument may be, in a few words."""
    if "enum" in schema:
        kind = "|".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    elif "description" not in schema or schema.get("type") != "string":
        kind = str(schema.get("type", "one of several forms"))
    else:
        kind = ""
    return f"{kind} {schema.get('description', '')}".strip()
