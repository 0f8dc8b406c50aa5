"""What can be switched off without a new release: entries in the ledger, in force at the next exchange."""

from __future__ import annotations

from roadworthy.exchange.assistant import Switches
from roadworthy.release.standing import Standing

TOOLS, PROMPT, ANSWERS = "tools", "prompt", "answers"
TARGETS = {
    TOOLS: "no tool is offered or called; documents still answer",
    PROMPT: "the prompts of the production release before this one are used",
    ANSWERS: "every question gets the safe template, and no model is asked",
}
"""What each switch does when it is off."""


def switches_of(standing: Standing) -> Switches:
    """Return the switches as the ledger has them."""
    off = standing.switched_off
    return Switches(tools_off=TOOLS in off, template_only=ANSWERS in off)
