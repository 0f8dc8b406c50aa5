"""The guard that enforces a policy's refusals, on what the user asks and on what the assistant is about to say."""

from __future__ import annotations

import re

from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict
from roadworthy.guardrails.policy import Policy
from roadworthy.guardrails.unfinished import unfinished
from roadworthy.guardrails.unicode_text import plain, settled_by_plain


class PolicyGuard:
    """Blocks what the policy does not allow, with the policy's own words."""

    name = "policy"
    places = frozenset({Place.INPUT, Place.OUTPUT})

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._said = tuple(re.compile(one, re.IGNORECASE) for rule in policy.cannot for one in rule.output_patterns)

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Match `text`, cleaned, against the patterns for this place."""
        found = self._policy.refusal_of(plain(text), "patterns" if place is Place.INPUT else "output_patterns")
        if found is None:
            return Scan(Verdict.ALLOWED, text)
        return Scan(
            Verdict.BLOCKED, text, f"not to be done: {found.name}", f"{found.refusal} {self._policy.escalation}"
        )

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Hold back from where a pattern may have begun to match; all, once one matches."""
        if self.scan(text, Place.OUTPUT, context).verdict is Verdict.BLOCKED:
            return Settled(len(text), 0)
        cleaned = plain(text)
        begun = unfinished(self._said, cleaned, since if cleaned == text else 0)
        return Settled(len(text), settled_by_plain(text, begun))
