"""Every family of figures about requests: its name, its unit, its labels, and what it says."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.metrics.labels import Series

BUCKETS = (
    *(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
"""Seconds: predictions take less than a millisecond, answers up to a minute."""

_WHO = ("capability", "release", "arm")


class Families:
    """All families, on a registry of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.requests = self._counter("requests", "Requests by how they ended.", *_WHO, "kind", "ending", "code")
        self.seconds = self._histogram("request_duration_seconds", "From request to the last byte.", *_WHO, "kind")
        self.first_text = self._histogram("first_text_seconds", "From request to the first text.", *_WHO)
        self.part_seconds = self._histogram("part_duration_seconds", "Work by its parts.", "capability", "part")
        self.part_failures = self._counter(
            "part_failures", "Parts that failed, by the error's class.", "capability", "part", "failure"
        )
        self.tokens = self._counter("tokens", "Tokens that were paid for.", *_WHO, "direction")
        self.cost = self._counter("cost", "What providers were paid, in units of the currency.", *_WHO, "currency")
        self.rows = self._counter("predicted_rows", "Rows that were predicted.", *_WHO)
        self.cache_hits = self._counter("cache_hits", "Answers that came from the cache.", *_WHO)
        self.fallbacks = self._counter("fallbacks", "Answers by what stood in for the provider.", *_WHO, "fallback")
        self.guards = self._counter("guard_verdicts", "What guards said.", "capability", "guard", "place", "verdict")
        self.calls = self._counter("tool_calls", "Tool calls by the verdict on them.", "capability", "tool", "verdict")
        self.citing = self._counter(
            "retrieving_answers", "Answers to which passages were retrieved, by whether one is cited.", *_WHO, "cited"
        )
        self.problems = self._counter(
            "problems", "Problem documents that were answered: limits, budgets, bad input.", "capability", "problem"
        )
        self.thumbs = self._counter("thumbs", "Thumbs that people gave to answers.", *_WHO, "thumb")
        self.resolved = self._counter("resolutions", "What people said of their problem.", *_WHO, "resolved")
        self.tenant_requests = self._counter("tenant_requests", "Requests by tenant's pseudonym.", "tenant", "code")
        self.tenant_tokens = self._counter("tenant_tokens", "Tokens by tenant's pseudonym.", "tenant", "direction")

    def _counter(self, name: str, says: str, *labels: str) -> Series[Counter]:
        return Series(Counter(f"roadworthy_{name}_total", says, labels, registry=self._registry))

    def _histogram(self, name: str, says: str, *labels: str) -> Series[Histogram]:
        return Series(Histogram(f"roadworthy_{name}", says, labels, registry=self._registry, buckets=BUCKETS))
