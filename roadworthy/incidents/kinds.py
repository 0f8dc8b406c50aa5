"""The kinds of incident, the playbook of each, and to which of them a measure points."""

from __future__ import annotations

import re
from collections.abc import Mapping
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


def kind_of_measure(measure: str) -> IncidentKind:
    """Return what is in trouble when a measure, such as `latency.p95` or `guard_blocks`, is out of its bounds.

    What is unknown counts as an outage: its playbook begins with how to stop harm of any kind.
    """
    words = set(re.split(r"[^a-z0-9]+", measure.lower()))
    return next((kind for kind, known in _WORDS.items() if words & known), IncidentKind.OUTAGE)


_WORDS: Mapping[IncidentKind, frozenset[str]] = {
    IncidentKind.DRIFT: frozenset({"drift"}),
    IncidentKind.SAFETY: frozenset({"block", "blocks", "blocked", "guard", "guards", "safety"}),
    IncidentKind.COST: frozenset({"cost", "costs", "money", "tokens"}),
    IncidentKind.LATENCY: frozenset({"latency", "seconds", "p50", "p95", "p99", "slow", "timeouts"}),
    IncidentKind.QUALITY: frozenset(
        {"quality", "auc", "thumbs", "feedback", "resolution", "resolved", "escalation", "escalations", "grounding"}
        | {"citation", "citations", "cited", "escalated", "refusal", "refusals", "refused", "unresolved", "unknown"}
    ),
}
"""By the words of a measure's name; the first that holds one counts. `budget` is none: every promise has one."""
