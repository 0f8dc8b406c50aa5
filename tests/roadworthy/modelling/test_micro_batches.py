"""Micro-batches: together and yet each for itself, whoever fails, leaves, comes late or comes too often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from modelling_samples import flights
from scoring_samples import chosen, model

from roadworthy.modelling.micro_batches import BatchLimits, MicroBatcher
from roadworthy.modelling.online_rows import OnlineRows
from roadworthy.modelling.refusals import Closed, Overloaded, TooLate
from roadworthy.modelling.scoring.choosing import rows_of
from roadworthy.modelling.scoring.together import NotScored


class Held:
    """A scorer of one column, which gives back its numbers, and can be held at work."""

    quick_rows = 0

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.at_work = threading.Event()
        self.calls: list[list[float]] = []

    def score(self, rows: OnlineRows) -> list[float]:
        """Return the rows' numbers; one below zero can't be scored, and takes what is beside it along."""
        numbers = [float(value) for value in rows.columns[0] if value is not None]
        self.calls.append(numbers)
        self.at_work.set()
        self.go.wait(10)
        if any(number < 0 for number in numbers):
            raise ValueError("too small")
        if 1000.0 in numbers:
            raise KeyError("a fault")
        return [float("inf") if number == 2000 else number for number in numbers]


def row(*numbers: float) -> OnlineRows:
    """Return rows of one column."""
    return OnlineRows((list(numbers),), len(numbers))


def running(test: Callable[[MicroBatcher, Held], Awaitable[None]], limits: BatchLimits | None = None) -> Held:
    """Run `test` with a batcher whose first batch, of 0, is held at work until it says go."""
    held = Held()

    async def run() -> None:
        batcher = MicroBatcher(held, limits)
        held.go.clear()
        first = asyncio.create_task(batcher.score(row(0)))
        await asyncio.to_thread(held.at_work.wait, 10)
        try:
            await test(batcher, held)
        finally:
            held.go.set()
            await first
            await batcher.drain()

    asyncio.run(run())
    return held


@pytest.fixture(scope="module")
def real_rows() -> OnlineRows:
    """Rows for the model whose scores are compared."""
    return rows_of(flights(60, seed=11), model("boosting"))


@pytest.fixture(scope="module")
def own_scores() -> list[float]:
    """What the model says of these rows."""
    scores: list[float] = model("boosting").predict(flights(60, seed=11)).tolist()
    return scores


@settings(max_examples=25, deadline=None)
@given(
    some.lists(some.tuples(some.integers(0, 50), some.integers(1, 10), some.integers(0, 3)), min_size=1, max_size=20),
    some.integers(1, 12),
)
def test_scores_are_the_models_own_whatever_is_scored_together(
    real_rows: OnlineRows, own_scores: list[float], requests: list[tuple[int, int, int]], most_rows: int
) -> None:
    """A real model, requests of any size, coming in any rhythm, in batches of any bound."""

    async def ask(batcher: MicroBatcher, start: int, count: int, turns: int) -> list[float]:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await batcher.score(
            OnlineRows(tuple(column[start : start + count] for column in real_rows.columns), count)
        )

    async def run() -> list[list[float]]:
        batcher = MicroBatcher(chosen("boosting"), BatchLimits(most_rows=most_rows))
        found = await asyncio.gather(*(ask(batcher, *request) for request in requests))
        await batcher.drain()
        return found

    assert asyncio.run(run()) == [own_scores[start : start + count] for start, count, _ in requests]


def test_what_comes_while_a_batch_is_scored_is_the_next_batch() -> None:
    """A lone request waits for nobody; those that come meanwhile are scored together, up to the bound."""

    async def test(batcher: MicroBatcher, held: Held) -> None:
        asked = [asyncio.create_task(batcher.score(row(number))) for number in (1.0, 2.0, 3.0)]
        asked.append(asyncio.create_task(batcher.score(row(4.0, 5.0, 6.0, 7.0, 8.0))))
        await asyncio.sleep(0)
        held.go.set()
        assert await asyncio.gather(*asked) == [[1.0], [2.0], [3.0], [4.0, 5.0, 6.0, 7.0, 8.0]]

    calls = running(test, BatchLimits(most_rows=2)).calls
    assert calls == [[0.0], [1.0, 2.0], [3.0], [4.0, 5.0, 6.0, 7.0, 8.0]]


def test_one_that_can_not_be_scored_takes_no_other_with_it() -> None:
    """Its batch is scored again, one by one; a number too large is the client's, anything else a fault."""

    async def test(batcher: MicroBatcher, held: Held) -> None:
        asked = [asyncio.create_task(batcher.score(row(number))) for number in (1.0, -1.0, 1000.0, 2000.0, 2.0)]
        await asyncio.sleep(0)
        held.go.set()
        one, small, fault, endless, two = await asyncio.gather(*asked, return_exceptions=True)
        assert (one, two) == ([1.0], [2.0])
        assert isinstance(small, NotScored)
        assert isinstance(endless, NotScored)
        assert isinstance(fault, KeyError)

    running(test)


def test_a_client_that_leaves_is_not_scored_and_hurts_nobody() -> None:
    """Gone while waiting: its rows are not in the batch, and its place is free."""

    async def test(batcher: MicroBatcher, held: Held) -> None:
        asked = [asyncio.create_task(batcher.score(row(number))) for number in (1.0, 2.0)]
        await asyncio.sleep(0)
        asked[0].cancel()
        await asyncio.sleep(0)
        asked.append(asyncio.create_task(batcher.score(row(3.0))))
        await asyncio.sleep(0)
        held.go.set()
        assert await asyncio.gather(*asked[1:]) == [[2.0], [3.0]]

    assert running(test, BatchLimits(most_waiting=2)).calls == [[0.0], [2.0, 3.0]]


def test_a_client_that_leaves_while_it_is_scored_hurts_nobody() -> None:
    """The others of the batch at work get their scores, and so do those who wait."""
    held = Held()

    async def run() -> None:
        batcher = MicroBatcher(held)
        held.go.clear()
        asked = [asyncio.create_task(batcher.score(row(number))) for number in (1.0, 2.0)]
        await asyncio.to_thread(held.at_work.wait, 10)
        asked[0].cancel()
        other = asyncio.create_task(batcher.score(row(3.0)))
        await asyncio.sleep(0)
        held.go.set()
        assert await asyncio.gather(asked[1], other) == [[2.0], [3.0]]
        await batcher.drain()

    asyncio.run(run())
    assert held.calls == [[1.0, 2.0], [3.0]]


class Quick:
    """A scorer that needs no thread for two rows."""

    quick_rows = 2

    def __init__(self) -> None:
        self.calls: list[tuple[int, bool]] = []

    def score(self, rows: OnlineRows) -> list[float]:
        """Note how many rows came, and whether to the event loop's thread."""
        self.calls.append((rows.count, threading.current_thread() is threading.main_thread()))
        return [0.5] * rows.count


def test_few_rows_of_a_quick_model_are_scored_without_a_thread() -> None:
    """Those that came together are one batch, as large as is quick; a larger request goes to the thread."""
    quick = Quick()

    async def run() -> None:
        batcher = MicroBatcher(quick)
        asked = [row(1.0), row(2.0), row(3.0), row(*[4.0] * 5), row(5.0)]
        found = await asyncio.gather(*(batcher.score(rows) for rows in asked))
        assert [len(scores) for scores in found] == [1, 1, 1, 5, 1]
        await batcher.drain()

    asyncio.run(run())
    assert quick.calls == [(2, True), (1, True), (5, False), (1, True)]


def test_more_than_may_wait_is_refused_with_a_time_to_come_again() -> None:
    """What waits is bounded by rows; a request larger than the bound is taken when nothing waits."""

    async def test(batcher: MicroBatcher, held: Held) -> None:
        large = asyncio.create_task(batcher.score(row(*[1.0] * 9)))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="9 rows wait") as caught:
            await batcher.score(row(2.0))
        assert caught.value.retry_after > 0
        held.go.set()
        assert await large == [1.0] * 9
        assert await batcher.score(row(2.0)) == [2.0]

    running(test, BatchLimits(most_waiting=5))


def test_a_deadline_that_passes_ends_the_wait() -> None:
    """The request's own or the batcher's, whichever is sooner; its rows are not scored for nobody."""

    async def test(batcher: MicroBatcher, held: Held) -> None:
        with pytest.raises(TooLate, match="within 0 s"):
            await batcher.score(row(5.0), seconds=0)

    assert [5.0] not in running(test).calls


def test_no_request_waits_longer_than_the_batcher_allows() -> None:
    """A request that sets no deadline, or a later one, ends there as well, also while it is scored."""
    held = Held()
    held.go.clear()

    async def run() -> None:
        batcher = MicroBatcher(held, BatchLimits(longest_wait_seconds=0.001))
        asked = [batcher.score(row(1.0), seconds=60), batcher.score(row(2.0))]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one) for one in found] == [TooLate, TooLate]
        held.go.set()
        await batcher.drain()

    asyncio.run(run())


def test_draining_scores_what_was_taken_and_refuses_the_rest() -> None:
    """A release that goes answers everyone whom it let in."""

    async def test(batcher: MicroBatcher, held: Held) -> None:
        asked = [asyncio.create_task(batcher.score(row(number))) for number in (1.0, 2.0)]
        await asyncio.sleep(0)
        drained = asyncio.create_task(batcher.drain())
        await asyncio.sleep(0)
        with pytest.raises(Closed):
            await batcher.score(row(3.0))
        assert not drained.done()
        held.go.set()
        await drained
        assert [task.result() for task in asked] == [[1.0], [2.0]]

    running(test)


def test_closed_at_once_nobody_waits_for_ever() -> None:
    """Whoever still waits is told, also when it is thousands."""

    async def test(batcher: MicroBatcher, held: Held) -> None:
        asked = [asyncio.create_task(batcher.score(row(1.0))) for _ in range(3000)]
        await asyncio.sleep(0)
        batcher.close()
        held.go.set()
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(one) for one in found} == {Closed}

    assert running(test, BatchLimits(most_rows=1)).calls == [[0.0]]
