"""`roadworthy evaluate`: a released assistant asked any set of queries."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.output import columns, print_json
from cli.releases import find
from roadworthy.atomic import write_bytes
from roadworthy.evaluation.answer_evaluation import AnswerEvaluation, evaluate_answers
from roadworthy.evaluation.query_sets import advice, read_query_set
from roadworthy.evaluation.scored_query import ScoredQuery, rows_to_jsonl
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.settings import Settings
from tasks.evaluate_answers import answer_resampling
from tasks.judging import kept_calibration
from tasks.rehearsal import rehearse
from tasks.released_assistant import released_files

WORST = 10


def evaluate_release(text: str, queries_path: Path, output: Path | None, as_json: bool) -> int:
    """Ask the release every query of the set, print the metrics with intervals, and write each answer with scores."""
    named = find(text)
    queries = read_query_set(queries_path)
    settings = Settings()
    with released_files(named.store, named.record, settings) as released:
        for line in advice(queries):
            _tell(f"advice: {line}")
        rows = rehearse(named.capability, released.capability, released.files, queries, settings, _tell).rows
        calibration = kept_calibration(released.files.folder.parent / "evaluation")
        evaluation = evaluate_answers(rows, answer_resampling(released.capability.evaluate), calibration)
    target = output or queries_path.with_suffix(".answers.jsonl")
    write_bytes(target, rows_to_jsonl(rows))
    if as_json:
        print_json({"release": str(named), "digest": named.record.digest, "output": target, "evaluation": evaluation})
    else:
        _show(str(named), evaluation, rows, target)
    return 0


def _show(name: str, evaluation: AnswerEvaluation, rows: tuple[ScoredQuery, ...], target: Path) -> None:
    print(f"{name} on {evaluation.queries} queries")
    lines = []
    for metric, found in evaluation.measured.items():
        text = found.estimate.text() if found.estimate else f"not measured: {found.reason}"
        lines.append((metric.value, text, f"{found.queries} queries"))
    if evaluation.opinion and evaluation.opinion.estimate and evaluation.calibration:
        said = evaluation.opinion.estimate.text()
        lines.append(("judge approves", f"{said}; it {evaluation.calibration.standing}", evaluation.calibration.reason))
    for line in columns(lines):
        print(f"  {line}")
    worst = sorted((row.share(AnswerMetric.QUALITY) or 0.0, row.id, row.query) for row in rows)[:WORST]
    print("\nthe worst")
    for line in columns([(f"{share:.2f}", identity, query[:80]) for share, identity, query in worst]):
        print(f"  {line}")
    print(f"\nevery answer with its scores: {target}")


def _tell(text: str) -> None:
    print(text, file=sys.stderr)
