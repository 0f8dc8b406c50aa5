"""The course of one exchange: what has happened so far, from which the answer and its trace are made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from roadworthy.exchange.interface import Answer, Outcome, Span
from roadworthy.guardrails.interface import Finding
from roadworthy.guardrails.run import Guarded
from roadworthy.providers.interface import Completion, Usage
from roadworthy.retrieval.interface import Hit
from roadworthy.tools.interface import CallOutcome


class Course:
    """Collects what happens; one per exchange."""

    def __init__(self) -> None:
        self.hits: tuple[Hit, ...] = ()
        self.calls: list[CallOutcome] = []
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
            kind = getattr(error, "kind", None)
            failure = type(error).__name__ + (f": {kind}" if kind else "")
            raise
        finally:
            self._spans.append(Span(name, time.perf_counter() - started, "; ".join(details), failure))

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
            usage=Usage(
                sum(completion.usage.prompt_tokens for completion in self._completions),
                sum(completion.usage.completion_tokens for completion in self._completions),
            ),
            seconds=time.perf_counter() - self._started,
            cached=all(completion.cached for completion in self._completions),
            spans=tuple(self._spans),
        )
