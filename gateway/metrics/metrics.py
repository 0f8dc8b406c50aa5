"""The figures of one worker: takes events as they happen, and gives families to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from gateway.metrics.condition import Condition, ConditionCollector
from gateway.metrics.families import Families
from gateway.metrics.labels import OTHER, Bounded
from roadworthy.telemetry.event import Event

MOST_TENANTS = 50
_MOST_RELEASES = 200
_MOST_NAMES = 100
_CODES = ("other", "1xx", "2xx", "3xx", "4xx", "5xx")


def _bounded() -> Bounded:
    return Bounded(_MOST_NAMES)


@dataclass(frozen=True)
class _Names:
    """One bound for each kind of name that is not ours to choose."""

    part: Bounded = field(default_factory=_bounded)
    failure: Bounded = field(default_factory=_bounded)
    guard: Bounded = field(default_factory=_bounded)
    tool: Bounded = field(default_factory=_bounded)
    problem: Bounded = field(default_factory=_bounded)
    currency: Bounded = field(default_factory=_bounded)
    tenant: Bounded = field(default_factory=lambda: Bounded(MOST_TENANTS))


class Metrics:
    """One per worker; nothing of it is global."""

    def __init__(self, condition: Callable[[], Condition] = Condition, *, per_tenant: bool = False) -> None:
        """Give the figures of `condition` with each reading; it is called in a thread.

        With `per_tenant` there are figures for the first 50 tenants, by pseudonym; the others are `other`.
        """
        self._registry = CollectorRegistry()
        self._registry.register(ConditionCollector(condition))
        self._families = Families(self._registry)
        self._per_tenant = per_tenant
        self._names = _Names()
        self._releases: dict[tuple[str, int, str], tuple[str, str, str]] = {}
        self._capabilities: set[str] = set()

    def observe(self, event: Event) -> None:
        """Count one request; takes some ten microseconds."""
        who, code = self._who(event), _code(event.status)
        families = self._families
        families.requests.at(*who, event.kind.value, event.ending.value, code).inc()
        families.seconds.at(*who, event.kind.value).observe(event.seconds)
        if event.first_text_seconds is not None:
            families.first_text.at(*who).observe(event.first_text_seconds)
        self._observe_work(event, who)
        self._observe_parts(event, who[0])
        if event.said is not None:
            self._observe_said(event, who)
        if self._per_tenant and event.tenant:
            self._observe_tenant(event, code)

    def collect(self) -> list[Metric]:
        """Return all families as they are now. Not for the event loop: the condition is asked for."""
        return list(self._registry.collect())

    def _who(self, event: Event) -> tuple[str, str, str]:
        """Return capability, release and arm as labels; a name that no release has may be anybody's invention."""
        key = (event.capability, event.release, event.arm)
        who = self._releases.get(key)
        if who is not None:
            return who
        if not event.release:
            return (event.capability if event.capability in self._capabilities else "", "", "")
        if len(self._releases) >= _MOST_RELEASES:
            return (OTHER, OTHER, OTHER)
        self._capabilities.add(event.capability)
        self._releases[key] = who = (event.capability, str(event.release), event.arm)
        return who

    def _observe_work(self, event: Event, who: tuple[str, str, str]) -> None:
        families = self._families
        if event.prompt_tokens or event.completion_tokens:
            families.tokens.at(*who, "input").inc(event.prompt_tokens)
            families.tokens.at(*who, "output").inc(event.completion_tokens)
        if event.cost:
            families.cost.at(*who, self._names.currency(event.currency)).inc(float(event.cost))
        if event.rows:
            families.rows.at(*who).inc(event.rows)
        if event.cached:
            families.cache_hits.at(*who).inc()
        if event.fallback:
            families.fallbacks.at(*who, event.fallback).inc()
        if event.retrieved:
            cited = any(passage.cited for passage in event.retrieved)
            families.citing.at(*who, "yes" if cited else "no").inc()
        if event.problem:
            families.problems.at(who[0], self._names.problem(event.problem)).inc()

    def _observe_parts(self, event: Event, capability: str) -> None:
        families, names = self._families, self._names
        for part in event.parts:
            name = names.part(part.name)
            families.part_seconds.at(capability, name).observe(part.seconds)
            if part.failure:
                families.part_failures.at(capability, name, names.failure(part.failure)).inc()
        for said in event.guards:
            families.guards.at(capability, names.guard(said.guard), said.place, said.verdict).inc()
        for call in event.calls:
            families.calls.at(capability, names.tool(call.tool), call.verdict).inc()

    def _observe_said(self, event: Event, who: tuple[str, str, str]) -> None:
        if event.said is None:
            return
        if event.said.thumb:
            self._families.thumbs.at(*who, event.said.thumb).inc()
        if event.said.resolved is not None:
            self._families.resolved.at(*who, "yes" if event.said.resolved else "no").inc()

    def _observe_tenant(self, event: Event, code: str) -> None:
        tenant = self._names.tenant(event.tenant)
        self._families.tenant_requests.at(tenant, code).inc()
        self._families.tenant_tokens.at(tenant, "input").inc(event.prompt_tokens)
        self._families.tenant_tokens.at(tenant, "output").inc(event.completion_tokens)


def _code(status: int) -> str:
    return _CODES[status // 100] if 100 <= status < 600 else _CODES[0]
