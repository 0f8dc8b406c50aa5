"""A release's evaluation table in MLflow: every query with its answer, sources and scores."""

from __future__ import annotations

from pathlib import Path

from roadworthy.evaluation.judge_calibration import JudgeCalibration, judged_share
from roadworthy.evaluation.scored_query import Opinion, ScoredQuery, rows_from_jsonl
from tasks.evaluate_answers import ANSWERS
from tasks.judging import kept_calibration
from tasks.registry.connect import Registry

TABLE = "evaluation_table.json"
"""The artifact that MLflow's page shows as a table."""


def log_answers(registry: Registry, run: str, bundle: Path) -> None:
    """Log the table, once: MLflow appends to one that is there."""
    if any(artifact.path == TABLE for artifact in registry.client.list_artifacts(run)):
        return
    path = bundle / "evaluation" / ANSWERS
    calibration = kept_calibration(bundle / "evaluation")
    rows = [_row(row, calibration) for row in rows_from_jsonl(path.read_bytes(), ANSWERS)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    registry.client.log_table(run, {name: [row.get(name) for row in rows] for name in columns}, TABLE)


def _row(row: ScoredQuery, calibration: JudgeCalibration | None) -> dict[str, object]:
    lost = [f"{metric}: {row.reasons[metric]}" for metric in row.reasons if (row.share(metric) or 0) < 1]
    return {
        "id": row.id,
        "kind": row.kind,
        "query": row.query,
        "answer": row.answer,
        "outcome": row.outcome.value,
        "sources": ", ".join(row.citations),
        **{metric.value: score for metric, score in row.scores.items()},
        "why": "; ".join(lost),
        **(_opinion(row.opinion, calibration) if calibration else {}),
    }


def _opinion(opinion: Opinion | None, calibration: JudgeCalibration) -> dict[str, object]:
    """Return what the judge thinks of the answer, and whether that counts for anything."""
    approves = judged_share(opinion, calibration)
    return {
        "judge approves": None if approves is None else bool(approves),
        "judge's rating": opinion.rating if opinion else None,
        "judge's reason": opinion.reason if opinion else "",
        "judge's standing": calibration.standing,
    }
