"""The step that asks an assistant the queries of its evaluation set, and scores every answer."""

# Late imports: start-up time.
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.assistant.files import AssistantFiles
from roadworthy.atomic import replacing_folder_or_file
from roadworthy.canonical import readable_json
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.rehearsal import rehearse

if TYPE_CHECKING:
    from roadworthy.evaluation.bootstrap import Resampling
    from roadworthy.evaluation.queries import Query
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
    files = AssistantFiles(workspace.assistant, workspace.index)
    rows = rehearse(workspace.capability, capability, files, queries, Settings(root=workspace.root), announce)
    evaluation = evaluate_answers(rows, answer_resampling(capability.evaluate))
    quality = evaluation.estimate_of(AnswerMetric.QUALITY)
    announce(f"{len(rows)} queries" + (f": quality {quality.text()}" if isinstance(quality, Estimate) else ""))
    with replacing_folder_or_file(workspace.evaluation) as folder:
        folder.mkdir()
        (folder / "evaluation.json").write_bytes(readable_json(evaluation.model_dump(mode="json")))
        (folder / ANSWERS).write_bytes(rows_to_jsonl(rows))
        (folder / QUERIES).write_bytes(_kept(queries))


def _kept(queries: Sequence[Query]) -> bytes:
    """Return the queries as a bundle and MLflow keep them: without secrets and identifiers, rubrics and all."""
    from roadworthy.guardrails.redaction import redact

    lines = []
    for query in queries:
        content = query.model_dump(mode="json")
        content["query"] = redact(query.query).text
        if query.injection:
            content["injection"]["text"] = redact(query.injection.text).text
        lines.append(json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n")
    return "".join(lines).encode()


def answer_resampling(params: EvaluateAnswersParams) -> Resampling:
    """Return how the bootstrap draws these queries again."""
    from roadworthy.evaluation.bootstrap import Resampling

    return Resampling(params.resamples, params.confidence, params.seed)


def _inputs(capability: AssistantCapability, workspace: Workspace) -> tuple[Path, ...]:
    return (workspace.assistant, workspace.index, workspace.root / capability.evaluate.queries)


EVALUATE_ANSWERS = Step(
    name="evaluate",
    # The provider tries again by itself, within its limits; what was answered is kept for the next run.
    summary="ask the assistant every query of its evaluation set, and score the answers",
    run=evaluate_assistant,
    section=None,
    inputs=_inputs,
    outputs=lambda capability, workspace: (workspace.evaluation,),
    timeout_seconds=4 * 3600,
    libraries=("xllamacpp", "bm25s", "jinja2.sandbox", "phonenumbers", "detect_secrets"),
)
