"""Runs a tool in a thread of its own, and waits no longer than its deadline."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any


class TooManyRunning(Exception):
    """As many tools are at work, or hang, as there may be."""


class TooLate(Exception):
    """A tool was not done at its deadline."""


@dataclass(frozen=True)
class _Ended:
    """How a tool ended: a value, since a future can't carry every exception (StopIteration, SystemExit)."""

    result: Any = None
    error: Exception | None = None


@dataclass
class Deadline:
    """Where tools run. One that hangs keeps its place, so that hanging tools can't fill the process with threads."""

    seconds: float = 10.0
    places: int = 16
    _free: threading.BoundedSemaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._free = threading.BoundedSemaphore(self.places)

    async def run(self, work: Callable[[], Any]) -> Any:
        """Return what `work` returns. Raises what it raises, `TooLate`, and `TooManyRunning`.

        A late thread can't be stopped: it goes on, and what it gives is dropped.
        """
        if not self._free.acquire(blocking=False):
            raise TooManyRunning
        future: Future[_Ended] = Future()
        context = contextvars.copy_context()
        # A daemon: one that hangs must not keep the process from ending, as a pool's threads would.
        threading.Thread(target=context.run, args=(self._work, work, future), name="tool", daemon=True).start()
        try:
            ended = await asyncio.wait_for(asyncio.wrap_future(future), self.seconds)
        except TimeoutError:
            raise TooLate from None
        if ended.error is not None:
            raise ended.error
        return ended.result

    def _work(self, work: Callable[[], Any], future: Future[_Ended]) -> None:
        try:
            ended = _Ended(result=work())
        except Exception as error:
            ended = _Ended(error=error)
        except BaseException as error:
            # Such as exit(): it must end the call, not this process's loop.
            ended = _Ended(error=RuntimeError(type(error).__name__))
        self._free.release()
        # Says no when the waiter has given up.
        if future.set_running_or_notify_cancel():
            future.set_result(ended)
