"""An assistant's card: what it is for, what it is made of, how good its answers are, and what it can't do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from roadworthy.params.assistant import AssistantCapability


def assistant_card(name: str, capability: AssistantCapability, evaluation: Mapping[str, Any]) -> str:
    """Return the card in Markdown; its sections follow Mitchell et al., Model Cards for Model Reporting (2019)."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # Markdown, not HTML: nothing to escape.
        loader=PackageLoader("roadworthy.assistant"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
    )
    return environment.get_template("assistant_card.md").render(name=name, capability=capability, evaluation=evaluation)
