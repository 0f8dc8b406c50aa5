"""The step that asks an assistant the queries of its evaluation set, and scores every answer."""

# Late imports: start-up time.
from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.assistant.files import AssistantFiles
from roadworthy.atomic import replacing_folder_or_file
from roadworthy.canonical import readable_json
from roadworthy.digest import digest_file
from roadworthy.providers.configuration import EmbeddedConfiguration
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.judging import CALIBRATION, Bench, calibration_file
from tasks.kept_traces import keep_traces, traces_folder
from tasks.needed_answers import note_needed
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
    settings = Settings(root=workspace.root)
    began = time.time()
    rehearsed = rehearse(workspace.capability, capability, files, queries, settings, announce)
    rows = rehearsed.rows
    judge, how = capability.evaluate.judge, answer_resampling(capability.evaluate)
    done = Bench(judge, settings, announce).calibrate(workspace.root, how) if judge else None
    evaluation = evaluate_answers(rows, how, done.calibration if done else None)
    quality = evaluation.estimate_of(AnswerMetric.QUALITY)
    announce(f"{len(rows)} queries" + (f": quality {quality.text()}" if isinstance(quality, Estimate) else ""))
    with replacing_folder_or_file(workspace.evaluation) as folder:
        folder.mkdir()
        (folder / "evaluation.json").write_bytes(readable_json(evaluation.model_dump(mode="json")))
        (folder / ANSWERS).write_bytes(rows_to_jsonl(rows))
        (folder / QUERIES).write_bytes(_kept(queries))
        if done:
            (folder / CALIBRATION).write_bytes(calibration_file(done))
    # Beside the bundle: times differ from run to run, and the same answers have to be the same bytes.
    answers = digest_file(workspace.evaluation / ANSWERS)
    keep_traces(traces_folder(settings), workspace.capability, answers, rehearsed.traces)
    note_needed(settings.home_path, answers, began)


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
    judge = capability.evaluate.judge
    labels = (judge.labels.path, judge.labels.passages) if judge else ()
    files = (capability.evaluate.queries, *(path for path in labels if path))
    return (workspace.assistant, workspace.index, *(workspace.root / path for path in files))


def _pinned(capability: AssistantCapability) -> Mapping[str, str]:
    judge = capability.evaluate.judge
    weights = judge.provider.weights if judge and isinstance(judge.provider, EmbeddedConfiguration) else ()
    return {part.uri: part.sha256 for part in weights}


EVALUATE_ANSWERS = Step(
    name="evaluate",
    # The provider tries again by itself, within its limits; what was answered is kept for the next run.
    summary="ask the assistant every query of its evaluation set, and score the answers",
    run=evaluate_assistant,
    section=None,
    inputs=_inputs,
    pinned=_pinned,
    outputs=lambda capability, workspace: (workspace.evaluation,),
    timeout_seconds=4 * 3600,
    libraries=("xllamacpp", "bm25s", "jinja2.sandbox", "phonenumbers", "detect_secrets"),
)
