"""The course of one exchange: what has happened so far, from which the answer and its trace are made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from roadworthy.exchange.interface import Answer, Outcome, Span
from roadworthy.guardrails.guarded import Guarded
from roadworthy.guardrails.interface import Finding
from roadworthy.prompting.filled import FilledPrompt
from roadworthy.providers.fallback import Fallback
from roadworthy.providers.interface import Completion, Usage
from roadworthy.retrieval.interface import Hit
from roadworthy.tools.interface import CallOutcome
from roadworthy.tools.withheld import NOTHING


class Course:
    """Collects what happens; one per exchange."""

    def __init__(self, deadline: float | None = None, streams: bool = True) -> None:
        self.deadline = deadline
        self.streams = streams
        """Whether anybody wants the beginning before the end."""
        self.fallback: Fallback = ""
        self.hits: tuple[Hit, ...] = ()
        self.withheld = NOTHING
        """What the guards took out of the question; only the tool layer sees it, and no answer holds it."""
        self.calls: list[CallOutcome] = []
        self.prompts: list[FilledPrompt] = []
        self._findings: list[Finding] = []
        self._spans: list[Span] = []
        self._completions: list[Completion] = []
        self._started = time.perf_counter()

    @contextmanager
    def span(self, name: str) -> Iterator[list[str]]:
        """Time a part; what is put into the list stands beside it in the trace. Kept also when it raises."""
        details: list[str] = []
        failure = ""
        started = time.perf_counter()
        try:
            yield details
        except BaseException as error:
            failure = self._named(error)
            raise
        finally:
            self._spans.append(Span(name, time.perf_counter() - started, "; ".join(details), failure))

    def left(self) -> float | None:
        """Return how many seconds are left, less than 0 when time is over; None when nobody is in a hurry."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def seconds(self) -> float:
        """Return how many seconds have passed."""
        return time.perf_counter() - self._started

    def _named(self, error: BaseException) -> str:
        left = self.left()
        if isinstance(error, asyncio.CancelledError) and left is not None and left <= 0:
            return "DeadlinePassed"
        kind = getattr(error, "kind", None)
        return type(error).__name__ + (f": {kind}" if kind else "")

    def guarded(self, guarded: Guarded) -> Guarded:
        """Note the guards' findings."""
        self._findings.extend(guarded.findings)
        return guarded

    def completed(self, completion: Completion) -> Completion:
        """Note what the model was paid for."""
        self._completions.append(completion)
        return completion

    def end(self, text: str, outcome: Outcome, citations: tuple[str, ...] = ()) -> Answer:
        """Return the answer with all that led to it."""
        return Answer(
            text=text,
            outcome=outcome,
            citations=citations,
            hits=self.hits,
            calls=tuple(self.calls),
            findings=tuple(self._findings),
            usage=self._usage(),
            seconds=self.seconds(),
            cached=all(completion.cached for completion in self._completions),
            spans=tuple(self._spans),
            fallback=self.fallback,
            prompts=tuple(self.prompts),
        )

    def template(self, text: str) -> Answer:
        """Return the safe template, which stands in for everything."""
        self.fallback = "safe_template"
        return self.end(text, Outcome.FAILED)

    def kept(self, answer: Answer) -> Answer:
        """Return an answer from before, with this exchange's own trace and cost."""
        self.fallback = "kept_answer"
        now = self.end(answer.text, answer.outcome, answer.citations)
        return replace(now, hits=answer.hits, cached=True)

    def _usage(self) -> Usage:
        used = [completion.usage for completion in self._completions]
        return Usage(
            sum(usage.prompt_tokens for usage in used),
            sum(usage.completion_tokens for usage in used),
            any(usage.estimated for usage in used),
        )
