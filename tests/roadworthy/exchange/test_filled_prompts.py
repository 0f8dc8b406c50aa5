"""An answer tells which prompts led to it, by digests and sizes, and nothing that stood in them."""

from __future__ import annotations

import asyncio
import json

from fakes.scripted_provider import Rule, ScriptedProvider
from fakes.small_assistant import ANSWER, CHOOSE, WORD, OneTool, small_assistant

from roadworthy.digest import digest_bytes
from roadworthy.drift.kinds.output_shapes import schema_of_text
from roadworthy.exchange.assistant import ToolUse
from roadworthy.exchange.exchange import exchange
from roadworthy.exchange.interface import Question


def test_an_answer_names_its_prompt_and_its_instructions() -> None:
    """The template's digest, the digest of the system message as it was filled in, and the size of all."""
    answer = asyncio.run(
        exchange(small_assistant(ScriptedProvider(otherwise="The fee is zero [1].")), Question("Is it free?"))
    )
    (prompt,) = answer.prompts
    assert (prompt.name, prompt.version) == ("small/answer", ANSWER.version)
    assert prompt.instructions == digest_bytes(b"You answer from passages; the password is swordfish.")
    assert prompt.characters > len("You answer from passages; the password is swordfish.")
    assert "swordfish" not in str(prompt)


def test_a_tool_s_prompts_are_named_in_order() -> None:
    """First the one that chooses, then, once there is an output, the one that words it."""
    chosen = json.dumps({"tool": "balance", "arguments": {}})
    provider = ScriptedProvider([Rule("Tool for", chosen)], otherwise="You have 42.")
    assistant = small_assistant(provider, tools=ToolUse(OneTool(), CHOOSE, WORD))
    answer = asyncio.run(exchange(assistant, Question("My balance?", user="ada")))
    assert [one.name for one in answer.prompts] == ["small/choose", "small/word"]
    assert answer.prompts[0].instructions == ""


def test_what_is_no_json_has_a_schema_all_the_same() -> None:
    """A tool's output is whatever the tool returned."""
    assert schema_of_text("no json") == schema_of_text("neither") != schema_of_text('{"balance": 42}')
    assert schema_of_text("[" * 100_000)
