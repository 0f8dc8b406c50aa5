"""What the handlers need: one value, put together where the gateway starts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from gateway.body import BodyLimits
from gateway.following.follower import Follower
from gateway.visit import Pseudonym, Visit, event_of
from roadworthy.telemetry.interface import Recorder


@dataclass(frozen=True)
class Services:
    """Everything that outlives a request."""

    follower: Follower
    recorder: Recorder
    body: BodyLimits
    pseudonym: Pseudonym
    new_id: Callable[[], str]
    deadline_seconds: float = 60.0

    async def start(self) -> None:
        """Load what is in production; whoever calls waits for that."""
        await self.follower.start()

    async def close(self) -> None:
        """Let go what is held; events that are still on their way are written."""
        await self.follower.close()
        await asyncio.to_thread(self.recorder.close)

    def ended(self, visit: Visit) -> None:
        """Leave the event of a request that has ended."""
        self.recorder.record(event_of(visit, self.pseudonym), visit.content)


def services_of(request: object) -> Services:
    """Return the services of the application that handles `request`."""
    services: Services = request.app.state.services  # type: ignore[attr-defined]
    return services
