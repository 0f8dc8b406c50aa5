"""The model card: what a model is for, what it learned from, how good it is, and what it can't do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from roadworthy.templates import text_templates

if TYPE_CHECKING:
    from roadworthy.params.capability import ModelCapability


def model_card(name: str, capability: ModelCapability, evaluation: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """Return the card in Markdown; its sections follow Mitchell et al., Model Cards for Model Reporting (2019)."""
    template = text_templates("roadworthy.modelling").get_template("model_card.md")
    return template.render(name=name, capability=capability, evaluation=evaluation, model=model)
