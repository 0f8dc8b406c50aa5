"""An assistant's card: what it is for, what it is made of, how good its answers are, and what it can't do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from roadworthy.templates import text_templates

if TYPE_CHECKING:
    from roadworthy.params.assistant import AssistantCapability


def assistant_card(name: str, capability: AssistantCapability, evaluation: Mapping[str, Any]) -> str:
    """Return the card in Markdown; its sections follow Mitchell et al., Model Cards for Model Reporting (2019)."""
    template = text_templates("roadworthy.assistant").get_template("assistant_card.md")
    return template.render(name=name, capability=capability, evaluation=evaluation)
