"""A version's description: what was last decided about it, what it is, and its card."""

from __future__ import annotations

from pathlib import Path

from roadworthy.digest import SHORT
from tasks.registry.facts import ReleaseFacts

REFUSED = "**Refused:** "
"""How the first line begins when a request was refused."""


def describe_version(facts: ReleaseFacts, bundle: Path) -> str:
    """Return the description in Markdown."""
    card = (bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    commit = facts.commit[:SHORT] or "none"
    digest = facts.digest[:SHORT]
    return f"Release {facts.reference}, digest `{digest}`, commit `{commit}`, {facts.work_tree}.\n\n{card}"


def with_refusal(description: str, reason: str | None) -> str:
    """Return `description` with `reason` as its first line, in place of an earlier refusal; None takes that away."""
    lines = description.split("\n")
    if lines[0].startswith(REFUSED):
        lines = lines[2:]
    return "\n".join([f"{REFUSED}{reason}", "", *lines] if reason else lines)
