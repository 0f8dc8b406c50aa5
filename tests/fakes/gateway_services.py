"""The gateway's services for tests: all real, with a store in memory, small assistants, and events that stay here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases
from servers.waiting import eventually

from gateway.body import BodyLimits
from gateway.door import Door
from gateway.following.follower import Follower
from gateway.metrics.metrics import Metrics
from gateway.metrics.siblings import Siblings
from gateway.services import Services
from gateway.tracing.off import NoTracing
from roadworthy.access.admission.admission import Admission
from roadworthy.access.key_ring import KeyRing, RingSettings
from roadworthy.access.key_store import KeyStore
from roadworthy.access.rates.rates import RateSettings, build_rates
from roadworthy.audit.log import AuditLog
from roadworthy.audit.queue import AuditQueue
from roadworthy.budgets.memory_budgets import MemoryBudgets
from roadworthy.exchange.kept_answers import Kept, KeptAnswers
from roadworthy.handover.queue import CaseQueue
from roadworthy.store import Store
from roadworthy.telemetry.event import Content, Event
from roadworthy.telemetry.pseudonyms import Pseudonymiser
from roadworthy.telemetry.request_ids import RequestIds
from roadworthy.tools.keyed_digest import KeyedDigest

KEY = bytes(range(32))


@dataclass
class ListRecorder:
    """Keeps events in a list."""

    events: list[Event] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    lost: int = 0

    def record(self, event: Event, content: Content | None = None) -> None:
        """Keep it."""
        self.events.append(event)
        if content is not None:
            self.contents.append(content)

    def since(self, before: int, count: int) -> list[Event]:
        """Those after the first `before`, once `count` are there: an event is written when its answer has been sent."""
        eventually(lambda: len(self.events) >= before + count, what=self.events[before:])
        return self.events[before:]

    def close(self) -> None:
        """Nothing to close."""


async def nothing() -> None:
    """Close nothing."""


def small_services(
    store: Store | None = None, releases: Any = None, *, anonymous: bool = True, **changes: Any
) -> Services:
    """The services; `changes` replace fields of `Services`."""
    store = MemoryStore() if store is None else store
    metrics = Metrics()
    ring = KeyRing(KeyStore(store), RingSettings(poll_seconds=0.02, anonymous=anonymous))
    services = Services(
        door=Door(ring, build_rates(RateSettings()), Admission(), RequestIds(KEY)),
        follower=Follower(store, releases or SmallReleases(), every_seconds=0.02, discover_seconds=0.1),
        budgets=MemoryBudgets(),
        kept=KeptAnswers(Kept(fresh_seconds=0)),
        recorder=ListRecorder(),
        pseudonymiser=Pseudonymiser(KeyedDigest(KEY)),
        metrics=metrics,
        siblings=Siblings(metrics),
        tracing=NoTracing(),
        body=BodyLimits(),
        deadline_seconds=10,
        keeps_content=False,
        cases=CaseQueue(store, KeyedDigest(KEY), AuditLog(store).record),
        audit=AuditQueue(AuditLog(store), interval=0.05),
        close_models=nothing,
    )
    return replace(services, **changes)
