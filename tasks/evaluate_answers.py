"""The step that asks an assistant the queries of its evaluation set, and scores every answer."""

# Late imports: start-up time.
from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.assistant.files import AssistantFiles
from roadworthy.atomic import replacing_folder_or_file
from roadworthy.canonical import readable_json
from roadworthy.exchange.interface import Answer, Outcome
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.index import open_embedder
from tasks.integrate import open_provider_of

if TYPE_CHECKING:
    from roadworthy.evaluation.bootstrap import Resampling
    from roadworthy.evaluation.queries import Query
    from roadworthy.evaluation.scored_query import ScoredQuery
    from roadworthy.evaluation.scorers.interface import Scorer
    from roadworthy.exchange.assistant import Assistant
    from roadworthy.exchange.toolbox import Toolbox
    from roadworthy.params.assistant import AssistantCapability, EvaluateAnswersParams

QUERIES, ANSWERS = "queries.jsonl", "answers.jsonl"


def evaluate_assistant(capability: AssistantCapability, workspace: Workspace, announce: Announce) -> None:
    """Answer every query through the exchange, score the answers, and write them with the metrics' intervals.

    What the model answered is kept as it comes: a run that was killed goes on where it stopped, and pays for nothing
    twice.
    """
    from roadworthy.evaluation.answer_evaluation import evaluate_answers
    from roadworthy.evaluation.query_sets import read_query_set
    from roadworthy.evaluation.scored_query import rows_to_jsonl
    from roadworthy.evaluation.values import AnswerMetric, Estimate

    path = workspace.root / capability.evaluate.queries
    queries = read_query_set(path)
    rows = answered_and_scored(capability, workspace, queries, announce)
    evaluation = evaluate_answers(rows, answer_resampling(capability.evaluate))
    quality = evaluation.estimate_of(AnswerMetric.QUALITY)
    announce(f"{len(rows)} queries" + (f": quality {quality.text()}" if isinstance(quality, Estimate) else ""))
    with replacing_folder_or_file(workspace.evaluation) as folder:
        folder.mkdir()
        (folder / "evaluation.json").write_bytes(readable_json(evaluation.model_dump(mode="json")))
        (folder / ANSWERS).write_bytes(rows_to_jsonl(rows))
        shutil.copyfile(path, folder / QUERIES)


def answer_resampling(params: EvaluateAnswersParams) -> Resampling:
    """Return how the bootstrap draws these queries again."""
    from roadworthy.evaluation.bootstrap import Resampling

    return Resampling(params.resamples, params.confidence, params.seed)


def answered_and_scored(
    capability: AssistantCapability, workspace: Workspace, queries: Sequence[Query], announce: Announce
) -> tuple[ScoredQuery, ...]:
    """Ask the assistant in the work tree every query, and score what it says."""
    from roadworthy.evaluation.answering import answer_queries
    from roadworthy.evaluation.scored_query import score_answer

    with TemporaryDirectory() as scratch:
        rehearsal = _rehearsal(capability, workspace, Path(scratch), announce)
        progress = Progress(len(queries), announce)
        at_once = capability.integrate.provider.limits.concurrency + 1
        try:
            answers = asyncio.run(answer_queries(rehearsal.assistant_for, queries, at_once, progress.answered))
        finally:
            rehearsal.assistant.guards.close()
    scorers = _scorers(rehearsal.assistant)
    rows = [score_answer(query, answer, scorers) for query, answer in zip(queries, answers, strict=True)]
    return tuple(_redacted(row) for row in rows)


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
            self.announce(f"{self.done} of {self.queries} queries answered{failed}")


def _rehearsal(capability: AssistantCapability, workspace: Workspace, scratch: Path, announce: Announce) -> Rehearsal:
    from roadworthy.assistant.opening import Surroundings, open_assistant
    from roadworthy.assistant.toolboxes import rehearsed_bank
    from roadworthy.tools.loading import load_tools

    settings = Settings(root=workspace.root)
    files = AssistantFiles(workspace.assistant, workspace.index)
    embedder = open_embedder(capability.index.embedder, settings, announce) if capability.index.embedder else None
    provider = open_provider_of(capability.integrate, settings, announce)
    bank = rehearsed_bank(scratch)
    assistant = open_assistant(workspace.capability, capability, files, Surroundings(provider, embedder, bank))
    if assistant.tools is None:
        return Rehearsal(assistant, None)
    declared = load_tools(files.tools)
    return Rehearsal(assistant, lambda: bank(declared, workspace.capability))


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


def _inputs(capability: AssistantCapability, workspace: Workspace) -> tuple[Path, ...]:
    return (workspace.assistant, workspace.index, workspace.root / capability.evaluate.queries)


EVALUATE_ANSWERS = Step(
    name="evaluate",
    summary="ask the assistant every query of its evaluation set, and score the answers",
    run=evaluate_assistant,
    section=None,
    inputs=_inputs,
    outputs=lambda capability, workspace: (workspace.evaluation,),
    timeout_seconds=4 * 3600,
    libraries=("xllamacpp", "onnxruntime", "tokenizers", "bm25s", "jinja2.sandbox", "phonenumbers", "detect_secrets"),
    attempts=3,
)
