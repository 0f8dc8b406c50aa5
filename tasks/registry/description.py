"""A version's description: what was last decided about it, what it is, and its card."""

from __future__ import annotations

from pathlib import Path

from roadworthy.digest import SHORT
from tasks.registry.facts import ReleaseFacts

REFUSED = "**Refused:** "
"""How the first line begins when a request was refused."""

# MLflow's database takes 5,000 characters; a refusal must fit above the rest, and leave it whole when it goes.
_LONGEST, _LONGEST_REASON = 4000, 900


def describe_version(facts: ReleaseFacts, bundle: Path) -> str:
    """Return the description in Markdown."""
    (path,) = bundle.glob("*_CARD.md")
    card = path.read_text(encoding="utf-8")
    commit = facts.commit[:SHORT] or "none"
    digest = facts.digest[:SHORT]
    whole = f"Release {facts.reference}, digest `{digest}`, commit `{commit}`, {facts.work_tree}.\n\n{card}"
    return shortened(whole, _LONGEST, f"\n\n… The whole card is {path.name} among the run's artifacts.")


def with_refusal(description: str, reason: str | None) -> str:
    """Return `description` with `reason` as its first line, in place of an earlier refusal; None takes that away."""
    lines = description.split("\n")
    if lines[0].startswith(REFUSED):
        lines = lines[2:]
    if reason is None:
        return "\n".join(lines)
    in_one_line = shortened(" ".join(reason.split()), _LONGEST_REASON)
    return "\n".join([f"{REFUSED}{in_one_line}", "", *lines])


def shortened(text: str, most: int, ending: str = "…") -> str:
    """Return `text`, cut to `most` characters with `ending` where it is longer."""
    return text if len(text) <= most else text[: most - len(ending)] + ending
