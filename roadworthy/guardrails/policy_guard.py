"""The guard that enforces a policy's refusals, on what the user asks and on what the assistant is about to say."""

from __future__ import annotations

from roadworthy.guardrails.interface import Context, Place, Scan, Verdict
from roadworthy.guardrails.policy import Policy
from roadworthy.guardrails.unicode_text import plain


class PolicyGuard:
    """Blocks what the policy does not allow, with the policy's own words."""

    name = "policy"
    places = frozenset({Place.INPUT, Place.OUTPUT})

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Match `text`, cleaned, against the patterns for this place."""
        found = self._policy.refusal_of(plain(text), "patterns" if place is Place.INPUT else "output_patterns")
        if found is None:
            return Scan(Verdict.ALLOWED, text)
        return Scan(
            Verdict.BLOCKED, text, f"not to be done: {found.name}", f"{found.refusal} {self._policy.escalation}"
        )
