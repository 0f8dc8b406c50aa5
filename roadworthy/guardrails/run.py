"""Runs the guards of a place in order, under a deadline; what could not be scanned is held back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Self, TypeVar

from roadworthy.guardrails.guarded import Guarded
from roadworthy.guardrails.interface import Context, Finding, Guard, Place, Scan, StreamGuard, TakenOut, Verdict
from roadworthy.guardrails.remembered import RememberedDocuments
from roadworthy.guardrails.unicode_text import word_start

T = TypeVar("T")

HELD_BACK = frozenset({Verdict.BLOCKED, Verdict.NOT_SCANNED})
QUICK_CHARACTERS = 1024
"""The catalogue's guards take a millisecond for so many, five at the worst: two changes of threads take as long."""
_SPOKEN = frozenset({Place.INPUT, Place.OUTPUT})
"""Where texts are looked at once; a document may be looked at in many pieces."""
STANDARD_REFUSAL = "I'm sorry, I can't help with that."


@dataclass
class _Course:
    """How far one text has come; written by the worker, read by the caller when time is up."""

    findings: list[Finding] = field(default_factory=list)
    taken_out: list[TakenOut] = field(default_factory=list)
    at: str = "queue"
    since: float = field(default_factory=perf_counter)


class Guardrails:
    """The guards of a capability. Safe for threads; close it, or use it as a context manager.

    A guard that raises, or that is at work when `deadline` seconds for the text are over, counts as not scanned, and
    the text is held back. No thread can be stopped from outside: an overdue guard keeps one of the `workers` until it
    returns. There are never more threads than that; when all are kept, each further text is held back too.

    With `quick_characters`, `look` takes no thread for a question or an answer of so many characters: only for guards
    that are known to be done with it at once.
    """

    def __init__(
        self,
        guards: Sequence[Guard],
        *,
        deadline: float = 1.0,
        workers: int = 8,
        refusal: str = STANDARD_REFUSAL,
        quick_characters: int = 0,
    ) -> None:
        self.guards = tuple(guards)
        self._deadline = deadline
        self._quick_characters = quick_characters
        self._refusal = refusal
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="guard")
        self._documents = RememberedDocuments()

    def run(self, text: str, place: Place, context: Context | None = None) -> Guarded:
        """Let the guards of `place` look at `text`, one after another; stop at the first that holds it back."""
        course = _Course()
        # One change of threads a text, not one a guard: on a busy machine each costs milliseconds.
        future = self._pool.submit(self._walked, text, place, context or Context(), course)
        try:
            return future.result(timeout=self._deadline)
        except TimeoutError:
            future.cancel()
            return self._overdue(course, place)

    async def look(self, text: str, place: Place, context: Context | None = None) -> Guarded:
        """Do as `run` does, without keeping the event loop or another thread waiting.

        When the caller is cancelled, what has not begun is not begun any more. What was made of a document is
        remembered: the guards of documents know nothing but their text.
        """
        if not any(place in guard.places for guard in self.guards):
            return Guarded(text, (), False)
        if place is not Place.DOCUMENT or context is not None:
            return await self._looked(text, place, context or Context())
        known = self._documents.get(text)
        if known is None:
            known = await self._looked(text, place, Context())
            self._documents.put(text, known)
        return known

    async def _looked(self, text: str, place: Place, context: Context) -> Guarded:
        course = _Course()
        if place in _SPOKEN and len(text) <= self._quick_characters:
            started = perf_counter()
            guarded = self._walked(text, place, context, course)
            if perf_counter() - started <= self._deadline:
                return guarded
            del course.findings[-1:]
            return self._overdue(course, place)
        future = self._pool.submit(self._walked, text, place, context, course)
        try:
            return await self._in_time(future)
        except TimeoutError:
            return self._overdue(course, place)

    async def settled(self, text: str, since: int, context: Context) -> int:
        """Return how much of `text`, the beginning of an answer, may be shown now; `since` characters are already.

        Whatever follows: what the guards make of the whole begins with it, if they let the whole pass, and it holds no
        part of what one of them takes out. It ends where a word ends, and passes the guards by itself. `since` when
        there is nothing new, when a guard needs the whole text, and when time is over.
        """
        future = self._pool.submit(self._settle, text, since, context)
        try:
            return await self._in_time(future)
        except TimeoutError:
            return since

    async def _in_time(self, future: Future[T]) -> T:
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            # When it was the event loop that came late, the guards may have been done long ago.
            if future.done() and not future.cancelled():
                return future.result()
            raise

    def _overdue(self, course: _Course, place: Place) -> Guarded:
        reason = f"took longer than {self._deadline:g} s"
        late = Finding(course.at, place, Verdict.NOT_SCANNED, reason, perf_counter() - course.since)
        return Guarded("", (*course.findings, late), True, self._refusal)

    def close(self) -> None:
        """Let the threads go, without waiting for an overdue one."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _settle(self, text: str, since: int, context: Context) -> int:
        known, free = text, len(text)
        for guard in self.guards:
            if Place.OUTPUT not in guard.places:
                continue
            if not isinstance(guard, StreamGuard):
                return since
            # What a guard may still change is not there for those after it.
            said = guard.settled(known, since, context)
            known, free = known[: said.known], min(free, said.known, said.free)
            if free <= since:
                return since
        end = free if text[free : free + 1].isspace() else word_start(text, free)
        return max(len(text[:end].rstrip()), since)

    def _walked(self, text: str, place: Place, context: Context, course: _Course) -> Guarded:
        for guard in self.guards:
            if place not in guard.places:
                continue
            course.at, course.since = guard.name, perf_counter()
            scan = _scanned(guard, text, place, context)
            seconds = perf_counter() - course.since
            course.findings.append(Finding(guard.name, place, scan.verdict, scan.reason, seconds))
            if scan.verdict in HELD_BACK:
                return Guarded("", tuple(course.findings), True, scan.refusal or self._refusal)
            if scan.verdict is Verdict.CHANGED:
                text = scan.text
                course.taken_out.extend(scan.taken_out)
        return Guarded(text, tuple(course.findings), False, taken_out=tuple(course.taken_out))


def _scanned(guard: Guard, text: str, place: Place, context: Context) -> Scan:
    """Scan; an error's message may hold the text, so that only its class is told."""
    try:
        return guard.scan(text, place, context)
    except Exception as error:
        return Scan(Verdict.NOT_SCANNED, text, f"crashed: {type(error).__name__}")
