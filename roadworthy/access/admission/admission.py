"""Lets requests in, one place at a time: `async with admission.admit(party, deadline): ...`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from roadworthy.access.admission.fair_queue import FairQueue
from roadworthy.access.admission.overloaded import Overloaded, OverloadReason
from roadworthy.access.admission.tickets import Party, Places, Ticket, TicketState

_NEW = 0.1
"""The weight of the latest request in the average."""
_LONGEST_RETRY = 60.0


@dataclass
class Admission:
    """The places of one process; for one event loop. With one place it is a fair queue before what can't be shared."""

    places: Places = field(default_factory=Places)
    queue: FairQueue = field(init=False)
    """Who is at work and who waits, to be looked at."""
    _held: float = field(default=0.0, init=False)
    """Seconds for which a request keeps its place, on average."""

    def __post_init__(self) -> None:
        self.queue = FairQueue(self.places, self._retry_after)

    def check(self, party: Party) -> None:
        """Raise `Overloaded` when the tenant's share of the queue is full, before anything is done for the request."""
        self.queue.check(party)

    @asynccontextmanager
    async def admit(self, party: Party, deadline: float) -> AsyncIterator[float]:
        """Wait for a place, keep it for the body, and give the seconds that it took to get it.

        `deadline` is a moment of the running loop's clock, until which a place is waited for. Raises `Overloaded`.
        A caller that is cancelled leaves nothing behind.
        """
        loop = asyncio.get_running_loop()
        entered = loop.time()
        turn: asyncio.Future[None] = loop.create_future()
        ticket = self.queue.enter(party, lambda: _wake(turn))
        try:
            if ticket.state is not TicketState.WORKING:
                await self._turn(ticket, turn, deadline)
            started = loop.time()
            yield started - entered
            self._held += _NEW * (loop.time() - started - self._held)
        finally:
            self.queue.leave(ticket)

    async def _turn(self, ticket: Ticket, turn: asyncio.Future[None], deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except TimeoutError:
            raise Overloaded(OverloadReason.DEADLINE, self._retry_after()) from None
        if ticket.state is TicketState.PUSHED_OUT:
            raise Overloaded(OverloadReason.TENANT, self._retry_after())

    def _retry_after(self) -> float:
        """Estimate when those who wait now will all have had their turn."""
        return min(max(self._held * (self.queue.waiting + 1) / self.places.at_work, 1.0), _LONGEST_RETRY)


def _wake(turn: asyncio.Future[None]) -> None:
    # Cancelled in the same moment: its ticket is taken back by whoever waited.
    if not turn.done():
        turn.set_result(None)
