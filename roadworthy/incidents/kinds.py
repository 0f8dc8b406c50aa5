"""The kinds of incident, and the playbook of each."""

from __future__ import annotations

from enum import StrEnum


class IncidentKind(StrEnum):
    """What went wrong, as users or figures show it."""

    DRIFT = "drift"
    """The data is no longer what the release learned from."""
    QUALITY = "quality"
    """Answers or predictions are worse than promised."""
    LATENCY = "latency"
    COST = "cost"
    SAFETY = "safety"
    """Something was said, shown or done that must not be."""
    OUTAGE = "outage"
    """Requests fail, or nothing answers."""


def playbook_of(kind: IncidentKind) -> str:
    """Return where the playbook lies, below the repository's root."""
    return f"docs/playbooks/{kind}.md"
