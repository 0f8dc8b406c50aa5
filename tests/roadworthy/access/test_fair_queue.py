"""The queue under any sequence of events: bounds hold, nothing is lost, and one tenant can't hold up others."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from roadworthy.access.admission.fair_queue import FairQueue
from roadworthy.access.admission.overloaded import Overloaded, OverloadReason
from roadworthy.access.admission.tickets import Party, Places, Ticket, TicketState

TENANTS = ("ann", "bob", "cid")
PARTIES = [Party(tenant, f"{tenant}{number}", number) for tenant in TENANTS for number in (1, 2)]
PLACES = Places(at_work=3, waiting=6, waiting_per_tenant=4)


class QueueMachine(RuleBasedStateMachine):
    """Requests come, leave and give up in any order; what the queue says is compared with what was done."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = FairQueue(PLACES)
        self.tickets: list[Ticket] = []
        """In the order in which they came; without those that left or were pushed out."""
        self.overtaken: dict[Ticket, Counter[str]] = {}
        """Who was started since a request waits whose tenant had nothing at work all the time."""

    def of(self, state: TicketState) -> list[Ticket]:
        """Return the tickets in a state."""
        return [ticket for ticket in self.tickets if ticket.state is state]

    def may_start(self, party: Party) -> bool:
        """Tell whether there is a place for a request: the last ones are for tenants with less than an equal share."""
        held = Counter(ticket.party.tenant for ticket in self.of(TicketState.WORKING))
        free = PLACES.at_work - held.total()
        share = PLACES.at_work / (len(held) + 1)
        return self.has_room(party) and free > (0 if held[party.tenant] < share else PLACES.kept)

    def has_room(self, party: Party) -> bool:
        """Tell whether a key may have one more at work."""
        return sum(ticket.party == party for ticket in self.of(TicketState.WORKING)) < party.at_once

    def looks_full(self, party: Party) -> bool:
        """Tell whether a glance says that there is no place for this tenant; it changes nothing."""
        try:
            self.queue.check(party)
        except Overloaded as refused:
            assert refused.reason is OverloadReason.TENANT
            return True
        return False

    @rule(party=st.sampled_from(PARTIES))
    def comes(self, party: Party) -> None:
        """A request comes: it works, waits, or is refused for a reason that holds."""
        waiting = Counter(ticket.party.tenant for ticket in self.of(TicketState.WAITING))
        had_room = self.may_start(party)
        looked_full = self.looks_full(party)
        try:
            ticket = self.queue.enter(party, self.noticed)
        except Overloaded as refused:
            assert not had_room
            assert looked_full == (refused.reason is OverloadReason.TENANT)
            if refused.reason is OverloadReason.TENANT:
                assert waiting[party.tenant] == PLACES.waiting_per_tenant
            else:
                assert sum(waiting.values()) == PLACES.waiting
                assert max(waiting.values()) <= waiting[party.tenant] + 1
            return
        assert not looked_full
        assert (ticket.state is TicketState.WORKING) == had_room
        self.tickets.append(ticket)
        pushed_out = self.of(TicketState.PUSHED_OUT)
        if pushed_out:
            assert waiting[pushed_out[0].party.tenant] == max(waiting.values()) > waiting[party.tenant] + 1
        self.forget()
        self.count({ticket} if had_room else set())

    @precondition(lambda self: self.tickets)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        """A request ends its work, or gives up waiting; leaving twice changes nothing."""
        before = set(self.of(TicketState.WORKING))
        ticket = data.draw(st.sampled_from(self.tickets))
        self.queue.leave(ticket)
        self.queue.leave(ticket)
        self.forget()
        started = set(self.of(TicketState.WORKING)) - before
        assert len(started) <= 1 + PLACES.kept
        self.count(started)

    def count(self, started: set[Ticket]) -> None:
        """Check and remember who was started while others waited."""
        for ticket in started:
            waits_longer = [
                other for other in self.of(TicketState.WAITING) if other.party == ticket.party
                and self.tickets.index(other) < self.tickets.index(ticket)
            ]  # fmt: skip
            assert not waits_longer
        at_work = Counter(ticket.party.tenant for ticket in self.of(TicketState.WORKING))
        for ticket in self.of(TicketState.WAITING):
            starts = self.overtaken.setdefault(ticket, Counter())
            if at_work[ticket.party.tenant]:
                starts.clear()
            first = next(other for other in self.of(TicketState.WAITING) if other.party.tenant == ticket.party.tenant)
            if first is ticket:
                starts.update(one.party.tenant for one in started)
                assert all(times <= 1 for times in starts.values())

    def forget(self) -> None:
        """Drop what left or was pushed out."""
        self.tickets = [t for t in self.tickets if t.state in (TicketState.WAITING, TicketState.WORKING)]

    def noticed(self) -> None:
        """The queue calls it; the states are looked at afterwards."""

    @invariant()
    def counts_are_true(self) -> None:
        """The queue's numbers are those of the tickets."""
        working, waiting = self.of(TicketState.WORKING), self.of(TicketState.WAITING)
        assert (self.queue.working, self.queue.waiting) == (len(working), len(waiting))
        for tenant in TENANTS:
            assert self.queue.at_work_of(tenant) == sum(t.party.tenant == tenant for t in working)
            assert self.queue.waiting_of(tenant) == sum(t.party.tenant == tenant for t in waiting)

    @invariant()
    def bounds_hold(self) -> None:
        """Never more at work or waiting than there are places, of all, a tenant or a key."""
        working, waiting = self.of(TicketState.WORKING), self.of(TicketState.WAITING)
        assert len(working) <= PLACES.at_work
        assert len(waiting) <= PLACES.waiting
        assert all(sum(t.party == party for t in working) <= party.at_once for party in PARTIES)
        assert all(sum(t.party.tenant == one for t in waiting) <= PLACES.waiting_per_tenant for one in TENANTS)

    @invariant()
    def no_place_stays_empty(self) -> None:
        """Nobody waits who could work; what is kept is kept from those with their share alone."""
        assert not any(self.may_start(ticket.party) for ticket in self.of(TicketState.WAITING))

    def teardown(self) -> None:
        """When all have left, in any order, nothing is kept."""
        for ticket in reversed(self.tickets):
            self.queue.leave(ticket)
        kept = vars(self.queue)
        assert (self.queue.working, self.queue.waiting) == (0, 0)
        assert not any(kept[name] for name in ("_tenants", "_waiting", "_at_work", "_by_party"))


QueueMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_the_queue_keeps_its_promises_whatever_happens = QueueMachine.TestCase


@dataclass
class Simulated:
    """A service with a simulated clock: `noisy` always has as much waiting as it may, quiet tenants ask one by one."""

    queue: FairQueue
    seconds: list[float]
    """What requests take, in turn."""
    now: float = 0.0
    ends: list[tuple[float, int, Ticket]] = field(default_factory=list)
    begun: set[Ticket] = field(default_factory=set)
    taken: int = 0

    def come(self, tenant: str) -> Ticket | None:
        """Let a request come; None when there is no room for it."""
        try:
            ticket = self.queue.enter(Party(tenant, tenant, 1000), lambda: None)
        except Overloaded:
            return None
        self.begin([ticket])
        return ticket

    def begin(self, tickets: list[Ticket]) -> None:
        """Fix when those at work will end."""
        for ticket in tickets:
            if ticket.state is TicketState.WORKING and ticket not in self.begun:
                self.begun.add(ticket)
                self.taken += 1
                heapq.heappush(self.ends, (self.now + self.seconds[self.taken % len(self.seconds)], self.taken, ticket))

    def end_one(self) -> None:
        """Move the clock to the next end of work."""
        self.now, _, ticket = heapq.heappop(self.ends)
        self.queue.leave(ticket)


@settings(max_examples=60, deadline=None)
@given(
    places=st.integers(1, 20),
    seconds=st.lists(st.floats(0.1, 10), min_size=1, max_size=20),
    quiet=st.integers(1, 4),
    order=st.lists(st.integers(0, 3), min_size=10, max_size=60),
)
def test_a_noisy_tenant_holds_up_nobody_longer_than_one_round(
    places: int, seconds: list[float], quiet: int, order: list[int]
) -> None:
    """A quiet tenant is never refused, and is at work after at most as many ends of work as there are other tenants.

    While no more quiet tenants ask than places are kept, none of them waits at all.
    """
    service = Simulated(FairQueue(Places(places, 100, 50)), seconds)
    everybody: list[Ticket] = []
    asking: dict[int, Ticket] = {}
    rounds: Counter[int] = Counter()
    for who in (number % quiet for number in order):
        while (noise := service.come("noisy")) is not None:
            everybody.append(noise)
        if who not in asking:
            ticket = service.come(f"quiet {who}")
            assert ticket is not None
            assert ticket.state is TicketState.WORKING or quiet > service.queue.places.kept
            everybody.append(ticket)
            asking[who] = ticket
            rounds[who] = 0
        service.end_one()
        service.begin(everybody)
        for number, ticket in list(asking.items()):
            rounds[number] += ticket.state is TicketState.WAITING
            assert rounds[number] <= quiet
            if ticket.state is TicketState.GONE:
                del asking[number]


def test_a_tenant_with_long_requests_does_not_collect_all_places() -> None:
    """Places, not turns, are shared: with two tenants waiting, each comes to hold half of those that are not kept."""
    queue = FairQueue(Places(at_work=9, waiting=100, waiting_per_tenant=50))
    long = [queue.enter(Party("long", "l", 100), lambda: None) for _ in range(30)]
    short = [queue.enter(Party("short", "s", 100), lambda: None) for _ in range(30)]
    for ticket in long[:4]:
        queue.leave(ticket)
    for ticket in short[:20]:
        assert ticket.state is TicketState.WORKING
        queue.leave(ticket)
        assert (queue.at_work_of("long"), queue.at_work_of("short")) == (4, 4)


@pytest.mark.parametrize(("at_work", "kept"), [(1, 0), (2, 1), (8, 1), (15, 1), (16, 2), (64, 8)])
def test_an_eighth_of_the_places_is_kept_for_newcomers(at_work: int, kept: int) -> None:
    """One tenant gets no more than the rest, and the next ones have the kept places at once, one each."""
    queue = FairQueue(Places(at_work))
    assert queue.places.kept == kept
    for _ in range(at_work):
        queue.enter(Party("noisy", "n", 100), lambda: None)
    assert (queue.working, queue.waiting) == (at_work - kept, kept)
    newcomers = [Party(f"quiet {number}", "q", 9) for number in range(kept + 1)]
    states = [queue.enter(party, lambda: None).state for party in newcomers]
    assert states == [TicketState.WORKING] * kept + [TicketState.WAITING]


def test_who_has_little_at_work_may_use_what_is_kept() -> None:
    """A tenant below its share goes first and into kept places; one at its share waits for a place that is nobody's."""
    queue = FairQueue(Places(at_work=8))
    noisy = [queue.enter(Party("noisy", "n", 9), lambda: None) for _ in range(9)]
    quiet = [queue.enter(Party("quiet", "q", 9), lambda: None) for _ in range(4)]
    assert (queue.at_work_of("noisy"), queue.at_work_of("quiet")) == (7, 1)
    held = []
    for ticket in noisy[:5]:
        queue.leave(ticket)
        held.append((queue.at_work_of("noisy"), queue.at_work_of("quiet")))
    # An equal share is 8/3: so the quiet one's third fills all places, and its fourth comes in turn when two are free.
    assert held == [(6, 2), (5, 3), (4, 3), (4, 3), (3, 4)]
    assert quiet[3].state is TicketState.WORKING


def test_a_full_queue_makes_room_for_those_who_have_less_in_it() -> None:
    """The newest request of whoever has most waiting is pushed out and told; a quiet tenant is let in."""
    queue = FairQueue(Places(at_work=1, waiting=4, waiting_per_tenant=4))
    told: list[int] = []
    noisy = [queue.enter(Party("noisy", "n", 9), lambda number=number: told.append(number)) for number in range(5)]
    quiet = queue.enter(Party("quiet", "q", 9), lambda: None)
    assert told == [4]
    assert noisy[4].state is TicketState.PUSHED_OUT
    queue.leave(noisy[0])
    queue.leave(noisy[1])
    assert quiet.state is TicketState.WORKING


@pytest.mark.parametrize(("reason", "status"), [("tenant", 429), ("all", 503), ("deadline", 503)])
def test_the_status_says_whose_fault_it_is(reason: str, status: int) -> None:
    """The tenant's own share is 429; what it can't help is 503."""
    assert Overloaded(OverloadReason(reason), 1.0).status == status
