"""Waiting for a place: deadlines, cancellation and push-out leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.access.admission.admission import Admission
from roadworthy.access.admission.overloaded import Overloaded, OverloadReason
from roadworthy.access.admission.tickets import Party, Places

ANN, BOB = Party("ann", "a", 2), Party("bob", "b", 2)
FAR = 1e9


@dataclass
class Request:
    """A request that works until it is told to end."""

    admission: Admission
    party: Party
    deadline: float = FAR
    at_work: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Ask for a place, and hold it."""
        async with self.admission.admit(self.party, self.deadline):
            self.at_work = True
            try:
                await self.done.wait()
            finally:
                self.at_work = False


def _in_a_loop(test: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await test()

    asyncio.run(run())


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_free_place_is_had_at_once() -> None:
    """Without going through the loop, and it took no time to speak of."""

    async def test() -> None:
        admission = Admission()
        entering = admission.admit(ANN, FAR).__aenter__()
        with pytest.raises(StopIteration) as given:
            entering.send(None)
        assert given.value.value < 1
        assert admission.queue.working == 1

    _in_a_loop(test)


def test_with_one_place_it_is_a_fair_queue() -> None:
    """Two tenants take turns, although one came with all its requests first; each works alone."""

    async def test() -> None:
        admission = Admission(Places(at_work=1))
        order: list[str] = []

        async def ask(party: Party) -> None:
            async with admission.admit(party, FAR):
                order.append(party.tenant)
                assert admission.queue.working == 1
                await asyncio.sleep(0)

        await asyncio.gather(*(ask(party) for party in [ANN] * 4 + [BOB] * 3))
        assert order == ["ann", "ann", "bob", "ann", "bob", "ann", "bob"]

    _in_a_loop(test)


def test_who_waits_past_the_deadline_is_told_and_leaves_no_trace() -> None:
    """The error says so; and the place it waited for goes to the next."""

    async def test() -> None:
        admission = Admission(Places(at_work=1))
        working, next_one = Request(admission, ANN), Request(admission, BOB)
        first = asyncio.create_task(working.run())
        await _settle()
        with pytest.raises(Overloaded) as caught:
            await Request(admission, ANN, deadline=asyncio.get_running_loop().time()).run()
        assert caught.value.reason is OverloadReason.DEADLINE
        assert admission.queue.waiting == 0
        second = asyncio.create_task(next_one.run())
        await _settle()
        working.done.set()
        await first
        await _settle()
        assert next_one.at_work
        next_one.done.set()
        await second
        assert (admission.queue.working, admission.queue.waiting) == (0, 0)

    _in_a_loop(test)


def test_an_error_in_the_work_gives_the_place_back() -> None:
    """It passes through as it is."""

    async def test() -> None:
        admission = Admission()
        with pytest.raises(ZeroDivisionError):
            async with admission.admit(ANN, FAR):
                raise ZeroDivisionError
        assert admission.queue.working == 0

    _in_a_loop(test)


def test_a_full_share_and_a_full_queue_are_told_apart() -> None:
    """429 when the tenant's own share is full, 503 when all is; pushed out is 429; never in less than a second."""

    async def test() -> None:
        admission = Admission(Places(at_work=1, waiting=2, waiting_per_tenant=2))
        requests = [Request(admission, ANN) for _ in range(3)]
        tasks = [asyncio.create_task(request.run()) for request in requests]
        await _settle()
        with pytest.raises(Overloaded) as caught:
            await Request(admission, ANN).run()
        assert (caught.value.reason, caught.value.status) == (OverloadReason.TENANT, 429)
        tasks.append(asyncio.create_task(Request(admission, BOB).run()))
        await _settle()
        with pytest.raises(Overloaded) as pushed_out:
            await tasks[2]
        assert pushed_out.value.status == 429
        with pytest.raises(Overloaded) as full:
            await Request(admission, Party("cid", "c", 1)).run()
        assert (full.value.status, full.value.retry_after_seconds) == (503, 1.0)
        await _cancel(tasks)
        assert (admission.queue.working, admission.queue.waiting) == (0, 0)

    _in_a_loop(test)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["come", "end", "cancel", "late"]), st.integers(0, 9), st.integers(0, 3)),
        max_size=40,
    )
)
def test_whatever_is_cancelled_when_no_place_is_lost(events: list[tuple[str, int, int]]) -> None:
    """Requests come, end, are cancelled or late in any order, at any step of the loop; then all places are free."""

    async def test() -> None:
        admission = Admission(Places(at_work=2, waiting=4, waiting_per_tenant=3))
        requests: list[Request] = []
        tasks: list[asyncio.Task[None]] = []
        for what, number, steps in events:
            if what in ("come", "late"):
                deadline = FAR if what == "come" else asyncio.get_running_loop().time()
                requests.append(Request(admission, (ANN, BOB)[number % 2], deadline))
                tasks.append(asyncio.create_task(requests[-1].run()))
            elif tasks and what == "end":
                requests[number % len(tasks)].done.set()
            elif tasks:
                tasks[number % len(tasks)].cancel()
            for _ in range(steps):
                await asyncio.sleep(0)
            assert sum(request.at_work for request in requests) <= admission.queue.working <= 2
        await _cancel(tasks)
        assert (admission.queue.working, admission.queue.waiting) == (0, 0)
        async with admission.admit(ANN, FAR), admission.admit(BOB, FAR):
            assert admission.queue.working == 2

    _in_a_loop(test)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Overloaded):
            await task
