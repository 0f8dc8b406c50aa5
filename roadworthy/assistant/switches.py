"""What can be switched off without a new release: entries in the ledger, in force at the next exchange."""

from __future__ import annotations

from roadworthy.exchange.assistant import Switches
from roadworthy.release.standing import Standing

TOOLS, PROMPT, MODEL, CAPABILITY = "tools", "prompt", "model", "capability"
TARGETS = {
    TOOLS: "no tool is offered or called; documents still answer",
    PROMPT: "the prompts of the production release before this one are used",
    MODEL: "every question gets the safe template, and no model is asked",
    CAPABILITY: "it is not served: questions get the safe template, predictions are refused",
}
"""What each switch does when it is off."""


def switches_of(standing: Standing) -> Switches:
    """Return the switches as the ledger has them."""
    off = standing.switched_off
    return Switches(tools_off=TOOLS in off, template_only=MODEL in off or CAPABILITY in off)
