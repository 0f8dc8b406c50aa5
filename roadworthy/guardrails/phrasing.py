"""The guard that adds a safe sentence to an answer on a medical, legal or financial topic."""

from __future__ import annotations

from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict
from roadworthy.guardrails.policy import Policy, matches


class PhrasingGuard:
    """Appends each topic's sentence of the policy, once."""

    name = "phrasing"
    places = frozenset({Place.OUTPUT})

    def __init__(self, policy: Policy) -> None:
        self._topics = policy.topics

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Look for topics in what the answer says besides the safe sentences; changed when one was missing."""
        rest = text
        for topic in self._topics.values():
            rest = rest.replace(topic.sentence, "")
        missing = {
            name: topic.sentence
            for name, topic in self._topics.items()
            if matches(topic.patterns, rest) and topic.sentence not in text
        }
        if not missing:
            return Scan(Verdict.ALLOWED, text)
        return Scan(Verdict.CHANGED, "\n\n".join([text, *missing.values()]), f"added for: {', '.join(missing)}")

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Let all through: sentences are added after the last one."""
        return Settled(len(text), len(text))
