"""What the handlers need: one value, put together where the gateway starts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from gateway.body import BodyLimits
from gateway.door import Door
from gateway.following.follower import Follower
from gateway.metrics.metrics import Metrics
from gateway.metrics.siblings import Siblings
from gateway.tracing.interface import Tracing
from gateway.turns import Turns
from gateway.visit import Visit, event_of
from roadworthy.audit.facts import GuardBlock, RefusedLogin
from roadworthy.audit.queue import AuditQueue
from roadworthy.budgets.interface import Budgets
from roadworthy.drift.served.interface import Counting, NotCounting
from roadworthy.exchange.kept_answers import KeptAnswers
from roadworthy.guardrails.run import HELD_BACK
from roadworthy.handover.queue import CaseQueue
from roadworthy.serving.opened import OpenedAssistant
from roadworthy.telemetry.event import Event
from roadworthy.telemetry.interface import Recorder
from roadworthy.telemetry.pseudonyms import Pseudonymiser

REFUSED_LOGINS: Mapping[str, RefusedLogin] = {
    "key-missing": "missing",
    "key-malformed": "malformed",
    "key-unknown": "unknown",
    "key-expired": "expired",
    "key-revoked": "revoked",
    "not-allowed": "forbidden",
}
"""By kind of problem, why a key was not accepted."""


@dataclass(frozen=True)
class Services:
    """Everything that outlives a request; made in the process that uses it, and used in one event loop."""

    door: Door
    follower: Follower
    budgets: Budgets
    kept: KeptAnswers
    recorder: Recorder
    pseudonymiser: Pseudonymiser
    metrics: Metrics
    siblings: Siblings
    tracing: Tracing
    body: BodyLimits
    deadline_seconds: float
    keeps_content: bool
    cases: CaseQueue
    audit: AuditQueue
    close_models: Callable[[], Awaitable[None]]
    """Gives back the language models, when no release is in use any more."""
    counting: Counting = field(default_factory=NotCounting)
    """Counts the features of predicted rows, for the nightly watch over their drift."""
    turns: Turns = field(default_factory=Turns)
    in_flight: set[Visit] = field(default_factory=set)
    _running: ExitStack = field(default_factory=ExitStack)
    _loops: list[asyncio.AbstractEventLoop] = field(default_factory=list)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop in which they are used."""
        return self._loops[0]

    async def start(self) -> None:
        """Read the keys and load what is in production. Raises `Unavailable` when the store can't be read."""
        self._loops.append(asyncio.get_running_loop())
        await asyncio.to_thread(self._running.enter_context, self.door.ring.following())
        self.audit.start()
        await self.siblings.open()
        await self.follower.start()

    async def close(self) -> None:
        """Let go what is held; events that are still on their way are written."""
        await self.follower.close()
        await self.siblings.close()
        await self.budgets.close()
        await self.door.rates.aclose()
        await self.close_models()
        await asyncio.to_thread(self._running.close)
        await asyncio.to_thread(self.audit.close)
        await asyncio.to_thread(self.tracing.close)
        await asyncio.to_thread(self.counting.close)
        await asyncio.to_thread(self.recorder.close)

    def began(self, visit: Visit, traceparent: str, tracestate: str) -> None:
        """Note that a request has come."""
        visit.trace = self.tracing.begin(traceparent, tracestate)
        self.in_flight.add(visit)

    def ended(self, visit: Visit) -> None:
        """Leave the event of a request that has ended; until then it counts as in flight."""
        try:
            self._leave_event(visit)
        finally:
            self.in_flight.discard(visit)

    def _leave_event(self, visit: Visit) -> None:
        """Tell of it in telemetry, in the figures, and in its trace."""
        whose = self.pseudonymiser.of(visit.tenant, visit.user, visit.conversation)
        event = event_of(visit, whose)
        self.recorder.record(event, visit.content if self.keeps_content else None)
        self.metrics.observe(event)
        self._audit(event)
        self.tracing.finish(visit.trace, event, self._model(visit))

    def _audit(self, event: Event) -> None:
        """Tell the audit log of texts that were held back, and of keys that were not accepted."""
        for said in event.guards:
            if said.verdict in HELD_BACK and event.capability:
                self.audit.guard_blocked(
                    GuardBlock(
                        at=event.at,
                        capability=event.capability,
                        guard=said.guard,
                        place=said.place,
                        request=event.id,
                    )
                )
        refused = REFUSED_LOGINS.get(event.problem)
        if refused is not None:
            self.audit.login_refused(refused)

    def _model(self, visit: Visit) -> str:
        """Return what the provider calls the model that answered; empty where none did."""
        served = self.follower.served.get(visit.capability)
        opened = served.opened(visit.digest) if served else None
        return opened.parameters.integrate.provider.model if isinstance(opened, OpenedAssistant) else ""


def services_of(request: object) -> Services:
    """Return the services of the application that handles `request`."""
    services: Services = request.app.state.services  # type: ignore[attr-defined]
    return services
