"""Asks an assistant a set of queries and scores the answers; its tools act on a bank that lasts for one query."""

# Late imports: start-up time.
from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.assistant.files import AssistantFiles
from roadworthy.errors import Unavailable
from roadworthy.exchange.interface import Answer, Outcome
from roadworthy.guardrails.interface import Verdict
from roadworthy.providers.failures import FailureKind
from roadworthy.settings import Settings
from roadworthy.steps import PASSING, Announce
from tasks.embedding_model import open_embedder
from tasks.judging import Bench
from tasks.language_model import open_language_model

if TYPE_CHECKING:
    from roadworthy.evaluation.queries import Query
    from roadworthy.evaluation.query_traces import QueryTrace
    from roadworthy.evaluation.scored_query import ScoredQuery
    from roadworthy.evaluation.scorers.interface import Scorer
    from roadworthy.exchange.assistant import Assistant
    from roadworthy.exchange.toolbox import Toolbox
    from roadworthy.params.assistant import AssistantCapability


LASTING = tuple(f": {kind}" for kind in (FailureKind.TRUNCATED, FailureKind.TOO_LONG, FailureKind.REFUSED))
"""How failures end that are the request's own, and come again."""


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal gave, without secrets and identifiers."""

    rows: tuple[ScoredQuery, ...]
    """Each query with its answer and scores: the same whenever the answers are."""
    traces: tuple[QueryTrace, ...]
    """How each answer came about, this time."""


def rehearse(
    name: str,
    capability: AssistantCapability,
    files: AssistantFiles,
    queries: Sequence[Query],
    settings: Settings,
    announce: Announce,
    *,
    keep_answers: bool = True,
) -> Rehearsed:
    """Ask the assistant in `files` every query, and score what it says; secrets and identifiers are taken out.

    What the model answered is kept as it comes: a run that was killed goes on where it stopped, and pays for nothing
    twice. Without `keep_answers` each query is really asked, whatever was answered before.
    """
    from roadworthy.evaluation.scored_query import score_answer

    with _opened(name, capability, files, settings, announce, keep_answers) as rehearsal:
        progress = Progress(len(queries), announce)
        at_once = capability.integrate.provider.limits.concurrency + 1
        answers = asyncio.run(_answered(rehearsal, queries, at_once, progress))
    _refuse_failures(queries, answers)
    scorers = _scorers(rehearsal.assistant)
    judge = capability.evaluate.judge
    bench = Bench(judge, settings, announce, keep_answers) if judge else None
    opinions = bench.opinions(queries, answers) if bench else (None,) * len(queries)
    judged = zip(queries, answers, opinions, strict=True)
    scored = [score_answer(query, answer, scorers, opinion) for query, answer, opinion in judged]
    rows = tuple(_redacted(row) for row in scored)
    return Rehearsed(rows, tuple(_trace(row, answer) for row, answer in zip(rows, answers, strict=True)))


async def _answered(
    rehearsal: Rehearsal, queries: Sequence[Query], at_once: int, progress: Progress
) -> tuple[Answer, ...]:
    from roadworthy.evaluation.answering import answer_queries

    try:
        return await answer_queries(rehearsal.assistant_for, queries, at_once, progress.answered)
    finally:
        # In the loop that used it: its connections belong to that.
        await rehearsal.assistant.provider.close()


def _refuse_failures(queries: Sequence[Query], answers: Sequence[Answer]) -> None:
    """Raise `Unavailable` when a part failed that may work the next time: such an answer says nothing of the assistant.

    What fails in the same way each time (a question too long for the model, an answer that is cut off) is scored.
    """
    found = [(query.id, _passing_failure(answer)) for query, answer in zip(queries, answers, strict=True)]
    failed = [(identity, failure) for identity, failure in found if failure]
    if failed:
        first, failure = failed[0]
        raise Unavailable(
            f"{len(failed)} of {len(queries)} queries could not be answered ({failure})",
            where=f"the evaluation set, first at {first}",
            remedy="run it again: what was answered is kept; `roadworthy ask … --trace` shows where it fails",
        )


def _passing_failure(answer: Answer) -> str:
    """Return which part failed, or could not scan; empty when none did, or when it would do so again."""
    for span in answer.spans:
        if span.failure and not span.failure.endswith(LASTING):
            return f"{span.name}: {span.failure}"
    unscanned = [finding for finding in answer.findings if finding.verdict is Verdict.NOT_SCANNED]
    return f"the guard {unscanned[0].guard} {unscanned[0].reason}" if unscanned else ""


@dataclass(frozen=True)
class Rehearsal:
    """An assistant whose tools act on a bank that is new for each query."""

    assistant: Assistant
    open_toolbox: Callable[[], Toolbox] | None

    def assistant_for(self, query: Query) -> Assistant:
        """Return the assistant with tools that no other query has used."""
        use = self.assistant.tools
        if use is None or self.open_toolbox is None:
            return self.assistant
        return replace(self.assistant, tools=replace(use, toolbox=self.open_toolbox()))


@dataclass
class Progress:
    """Tells how far the queries are, some twenty times in all."""

    queries: int
    announce: Announce
    done: int = 0
    failed: int = 0

    def answered(self, query: Query, answer: Answer) -> None:
        """Count one more."""
        self.done += 1
        self.failed += answer.outcome is Outcome.FAILED
        if self.done % max(self.queries // 20, 1) == 0 or self.done == self.queries:
            failed = f", {self.failed} of them failed" if self.failed else ""
            self.announce(f"{self.done} of {self.queries} queries answered{failed} {PASSING}")


@contextmanager
def _opened(
    name: str,
    capability: AssistantCapability,
    files: AssistantFiles,
    settings: Settings,
    announce: Announce,
    keep_answers: bool,
) -> Iterator[Rehearsal]:
    from roadworthy.assistant.opening import Surroundings, open_assistant
    from roadworthy.assistant.toolboxes import rehearsed_bank
    from roadworthy.tools.loading import load_tools

    embedder = open_embedder(capability.index.embedder, settings, announce)
    provider = open_language_model(capability.integrate.provider, settings, announce, keep_answers=keep_answers)
    with TemporaryDirectory() as scratch:
        bank = rehearsed_bank(Path(scratch))
        assistant = open_assistant(name, capability, files, Surroundings(provider, embedder, bank))
        declared = load_tools(files.tools) if assistant.tools else None
        try:
            yield Rehearsal(assistant, (lambda: bank(declared, name)) if declared else None)
        finally:
            assistant.guards.close()


def _scorers(assistant: Assistant) -> tuple[Scorer, ...]:
    from roadworthy.evaluation.scorers.standard import standard_scorers
    from roadworthy.guardrails.identifiers import find_identifiers
    from roadworthy.guardrails.secrets import find_secrets

    rendered = assistant.prompt.render({"question": "", "passages": []})
    system = "\n".join(message.content for message in rendered if message.role == "system")
    return standard_scorers(find_secrets, find_identifiers, system)


def _redacted(row: ScoredQuery) -> ScoredQuery:
    """Take secrets and identifiers out of what is kept and shown."""
    from roadworthy.guardrails.redaction import redact

    return row.model_copy(update={"query": redact(row.query).text, "answer": redact(row.answer).text})


def _trace(row: ScoredQuery, answer: Answer) -> QueryTrace:
    from roadworthy.evaluation.query_traces import trace_of
    from roadworthy.guardrails.redaction import redact

    return trace_of(row, answer, lambda text: redact(text).text)
