"""Who is at work, who waits, and who is next: fair by tenant. Has no clock and waits for nothing.

The next place goes to the tenant with the fewest requests at work, and between equals to the one that was served least
recently; so slots are shared by max-min fairness (Bertsekas and Gallager, Data Networks, 6.5.2), whatever each request
takes. The last free places are kept for tenants that hold less than an equal share (trunk reservation: Kelly, Loss
Networks, Annals of Applied Probability 1991), as all do that have nothing at work: while no more such tenants come than
places are kept, none of them waits at all, however much one other asks; else each waits for at most one start of each
other tenant. When the whole queue is full, the newest request of the tenant with most waiting makes room (longest queue
drop: Suter et al., INFOCOM 1998).
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from roadworthy.access.admission.overloaded import Overloaded, OverloadReason
from roadworthy.access.admission.tickets import Party, Places, Ticket, TicketState

Name = TypeVar("Name")
_Lines = OrderedDict[Party, deque[Ticket]]
"""The waiting requests of one tenant, by key, in the order in which the keys are next."""


@dataclass
class FairQueue:
    """The places of one process and the queue before them. For one thread."""

    places: Places = field(default_factory=Places)
    retry_after: Callable[[], float] = lambda: 1.0
    """Estimates in how many seconds there may be a place."""
    _tenants: OrderedDict[str, _Lines] = field(default_factory=OrderedDict, init=False, repr=False)
    """Those with somebody waiting, in the order in which they are next."""
    _waiting: Counter[str] = field(default_factory=Counter, init=False)
    """Requests that wait, by tenant."""
    _at_work: Counter[str] = field(default_factory=Counter, init=False)
    """Requests at work, by tenant."""
    _by_party: Counter[Party] = field(default_factory=Counter, init=False, repr=False)
    """Requests at work, by key."""
    working: int = field(default=0, init=False)
    """Requests at work, of all tenants."""
    waiting: int = field(default=0, init=False)
    """Requests that wait, of all tenants."""

    def check(self, party: Party) -> None:
        """Raise `Overloaded` when `enter` would do so now for the tenant's own sake."""
        if self._waiting[party.tenant] >= self.places.waiting_per_tenant and not self._may_start(party):
            raise Overloaded(OverloadReason.TENANT, self.retry_after())

    def enter(self, party: Party, changed: Callable[[], None]) -> Ticket:
        """Give a request a place, at work or in the queue; its ticket says which. Raises `Overloaded`."""
        ticket = Ticket(party, changed)
        if self._may_start(party):
            self._start(ticket)
            return ticket
        self._make_room(party.tenant)
        self._add(ticket)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Take back a request's place, wherever it stands, and let the next ones start; a second time does nothing."""
        state, ticket.state = ticket.state, TicketState.GONE
        if state is TicketState.WAITING:
            self._remove(ticket)
        elif state is TicketState.WORKING:
            self._end(ticket.party)
            self._start_next()

    def waiting_of(self, tenant: str) -> int:
        """Return how many requests of a tenant wait."""
        return self._waiting[tenant]

    def at_work_of(self, tenant: str) -> int:
        """Return how many requests of a tenant are at work."""
        return self._at_work[tenant]

    def _start_next(self) -> None:
        while self.working < self.places.at_work and (party := self._next()) is not None:
            lines = self._tenants[party.tenant]
            ticket = lines[party][0]
            self._remove(ticket)
            self._move_back(party)
            self._start(ticket)
            ticket.changed()

    def _next(self) -> Party | None:
        """Return whose request is next: of the tenant with the fewest at work, the first one among equals."""
        fewest, chosen = self.places.at_work, None
        for tenant, lines in self._tenants.items():
            if self._at_work[tenant] < fewest and self._is_free_for(tenant):
                party = next((party for party in lines if self._has_room(party)), None)
                if party is not None:
                    fewest, chosen = self._at_work[tenant], party
                    if fewest == 0:
                        break
        return chosen

    def _may_start(self, party: Party) -> bool:
        # It overtakes nobody: while there is a place for a tenant, only those of it wait whose key has no room.
        return self._is_free_for(party.tenant) and self._has_room(party)

    def _is_free_for(self, tenant: str) -> bool:
        free = self.places.at_work - self.working
        return free > self.places.kept or (free > 0 and self._holds_less_than_a_share(tenant))

    def _holds_less_than_a_share(self, tenant: str) -> bool:
        """Tell whether a tenant has less than its part if those at work, and one more, had equal ones."""
        return self._at_work[tenant] * (len(self._at_work) + 1) < self.places.at_work

    def _has_room(self, party: Party) -> bool:
        return self._by_party[party] < party.at_once

    def _move_back(self, party: Party) -> None:
        """Have a tenant that is served, and its key, wait for all others before the next time."""
        lines = self._tenants.get(party.tenant)
        if lines is not None:
            self._tenants.move_to_end(party.tenant)
            if party in lines:
                lines.move_to_end(party)

    def _make_room(self, tenant: str) -> None:
        if self._waiting[tenant] >= self.places.waiting_per_tenant:
            raise Overloaded(OverloadReason.TENANT, self.retry_after())
        if self.waiting < self.places.waiting:
            return
        longest = max(self._waiting, key=self._waiting.__getitem__, default=tenant)
        if self._waiting[longest] <= self._waiting[tenant] + 1:
            raise Overloaded(OverloadReason.ALL, self.retry_after())
        self._push_out(max(self._tenants[longest].values(), key=len)[-1])

    def _push_out(self, ticket: Ticket) -> None:
        self._remove(ticket)
        ticket.state = TicketState.PUSHED_OUT
        ticket.changed()

    def _add(self, ticket: Ticket) -> None:
        party = ticket.party
        self._tenants.setdefault(party.tenant, OrderedDict()).setdefault(party, deque()).append(ticket)
        self._waiting[party.tenant] += 1
        self.waiting += 1

    def _remove(self, ticket: Ticket) -> None:
        party = ticket.party
        lines = self._tenants[party.tenant]
        lines[party].remove(ticket)
        if not lines[party]:
            del lines[party]
        if not lines:
            del self._tenants[party.tenant]
        _less(self._waiting, party.tenant)
        self.waiting -= 1

    def _start(self, ticket: Ticket) -> None:
        ticket.state = TicketState.WORKING
        self._at_work[ticket.party.tenant] += 1
        self._by_party[ticket.party] += 1
        self.working += 1

    def _end(self, party: Party) -> None:
        _less(self._at_work, party.tenant)
        _less(self._by_party, party)
        self.working -= 1


def _less(counts: Counter[Name], name: Name) -> None:
    counts[name] -= 1
    if not counts[name]:
        # Tenants come and go: what is not counted takes no memory.
        del counts[name]
