"""Scores concurrent requests of one model together: while one batch is scored, the next collects."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from roadworthy.modelling.online_rows import OnlineRows
from roadworthy.modelling.refusals import Closed, Overloaded, TooLate
from roadworthy.modelling.scoring.interface import RowScorer
from roadworthy.modelling.scoring.together import Outcome, score_together

_FIRST_GUESS_SECONDS = 0.01
"""What a batch takes, before one was measured."""


@dataclass(frozen=True)
class BatchLimits:
    """How much is scored together, and how much may wait."""

    most_rows: int = 256
    """Rows of a batch; a larger request is a batch by itself."""
    most_waiting: int = 4096
    """Rows that wait; a request that finds more is refused, unless nothing waits."""
    longest_wait_seconds: float = 5.0
    """From a request's coming to its scores; a request may set less."""


@dataclass(eq=False)
class _Waiter:
    rows: OnlineRows
    future: asyncio.Future[list[float]]
    since: float = field(default_factory=time.monotonic)


class MicroBatcher:
    """One model's scorer, a thread for batches that take long, and those who wait.

    Used in one event loop; `close` from anywhere.
    """

    def __init__(self, scorer: RowScorer, limits: BatchLimits | None = None) -> None:
        self._scorer = scorer
        self._limits = limits or BatchLimits()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self._waiting: deque[_Waiter] = deque()
        self._waiting_rows = 0
        self._at_work = False
        self._closed = False
        self._idle: list[asyncio.Future[None]] = []
        self._batch_seconds = _FIRST_GUESS_SECONDS
        self.batches = 0
        """How many were scored; fewer than requests when these came together."""

    async def score(self, rows: OnlineRows, seconds: float = math.inf) -> list[float]:
        """Return each row's score, within `seconds`.

        Raises `Overloaded`, `TooLate`, `Closed`, or `NotScored`; and whatever else scoring these rows alone raises.
        """
        if self._closed:
            raise Closed("the model was put away", remedy="send the request again")
        self._refuse_when_full(rows.count)
        loop = asyncio.get_running_loop()
        waiter = _Waiter(rows, loop.create_future())
        self._waiting.append(waiter)
        self._waiting_rows += rows.count
        if not self._at_work:
            self._at_work = True
            # Whoever comes in the same turn of the loop is of the same batch.
            loop.call_soon(self._start, loop)
        return await self._awaited(waiter, min(seconds, self._limits.longest_wait_seconds))

    async def drain(self) -> None:
        """Refuse what comes from now on, wait until all that was taken is scored, and close."""
        self._closed = True
        if self._at_work:
            idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._idle.append(idle)
            await idle
        self.close()

    def close(self) -> None:
        """Give the thread back. Call it when no request uses the model, or `drain` before."""
        self._closed = True
        self._thread.shutdown(wait=False)

    def _refuse_when_full(self, count: int) -> None:
        if self._waiting_rows and self._waiting_rows + count > self._limits.most_waiting:
            batches = self._waiting_rows / self._limits.most_rows + 1
            raise Overloaded(
                f"{self._waiting_rows:,} rows wait to be predicted; {self._limits.most_waiting:,} may",
                remedy="send the request again, later",
                retry_after=batches * self._batch_seconds,
            )

    async def _awaited(self, waiter: _Waiter, seconds: float) -> list[float]:
        try:
            async with asyncio.timeout(seconds):
                return await waiter.future
        except TimeoutError:
            raise TooLate(f"the rows were not predicted within {seconds:g} s", remedy="allow more time") from None
        finally:
            if waiter.future.cancelled():
                self._forget(waiter)

    def _forget(self, waiter: _Waiter) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
            self._waiting_rows -= waiter.rows.count

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the next batch scored. Runs in the event loop, as all here but `_score_in_thread`."""
        quick = self._scorer.quick_rows
        batch = self._take(min(self._limits.most_rows, quick or self._limits.most_rows))
        self._at_work = bool(batch)
        if not batch:
            self._tell_idle()
        elif sum(waiter.rows.count for waiter in batch) <= quick:
            self._finish(batch, *self._timed(batch), loop)
        else:
            self._hand_over(batch, loop)

    def _take(self, most_rows: int) -> list[_Waiter]:
        batch: list[_Waiter] = []
        rows = 0
        while self._waiting and (not batch or rows + self._waiting[0].rows.count <= most_rows):
            waiter = self._waiting.popleft()
            rows += waiter.rows.count
            batch.append(waiter)
        self._waiting_rows -= rows
        return batch

    def _hand_over(self, batch: list[_Waiter], loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._thread.submit(self._score_in_thread, batch, loop)
        except RuntimeError:
            # Closed meanwhile: nobody may wait for ever.
            refused = [*batch, *self._waiting]
            self._waiting.clear()
            self._waiting_rows = 0
            self._finish(refused, [Closed("the model was put away") for _ in refused], 0, loop)

    def _score_in_thread(self, batch: list[_Waiter], loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon_threadsafe(self._finish, batch, *self._timed(batch), loop)

    def _timed(self, batch: list[_Waiter]) -> tuple[list[Outcome], float]:
        started = time.monotonic()
        outcomes = score_together(self._scorer, [waiter.rows for waiter in batch])
        return outcomes, time.monotonic() - started

    def _finish(
        self, batch: list[_Waiter], outcomes: list[Outcome], seconds: float, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.batches += 1
        self._batch_seconds += (seconds - self._batch_seconds) / 8
        if self._scorer.quick_rows:
            # The loop first writes these answers.
            loop.call_soon(self._start, loop)
        else:
            # The thread has the next batch while the loop writes these answers.
            self._start(loop)
        for waiter, outcome in zip(batch, outcomes, strict=True):
            if waiter.future.done():
                continue
            if isinstance(outcome, Exception):
                waiter.future.set_exception(outcome)
            else:
                waiter.future.set_result(outcome)

    def _tell_idle(self) -> None:
        for idle in self._idle:
            if not idle.done():
                idle.set_result(None)
        self._idle.clear()
