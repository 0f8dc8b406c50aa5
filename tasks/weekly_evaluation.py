"""Evaluates what is in production again, on its evaluation set of today, beside what it showed when it was released."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.errors import DataError, RoadworthyError
from roadworthy.release.bundle import Bundle, fetch_bundle
from roadworthy.release.entries import Actor, Entry, EvidenceRecorded
from roadworthy.release.ledger import Ledger
from roadworthy.release.signing import public_key_path, verify_folder
from roadworthy.release.standing import ReleaseRecord, standing_of
from roadworthy.settings import Settings
from roadworthy.steps import Announce

if TYPE_CHECKING:
    from roadworthy.evaluation.answer_evaluation import AnswerEvaluation
    from roadworthy.evaluation.comparison import Comparison
    from roadworthy.evaluation.judgement import Judgement
    from roadworthy.evaluation.report import Evaluation
    from roadworthy.params.assistant import AssistantCapability
    from roadworthy.params.capability import ModelCapability

EVIDENCE = "weekly_evaluation"
BY = Actor(name="evaluate_weekly")


@dataclass(frozen=True)
class Measured:
    """An evaluation of today, and how it differs from the one with which the release was made."""

    evaluation: Evaluation | AnswerEvaluation
    comparison: Comparison | None
    """None where nothing is the same as at its release."""


def evaluate_production(ledger: Ledger, settings: Settings, announce: Announce) -> Entry | None:
    """Evaluate the release in production by its own gates, and record the evidence; None when there is none.

    A floor is held against the figures of today, and `not_worse` against what the same release showed when it was made.
    Where it can't be evaluated (an endpoint is down), the evidence is `inconclusive` with the reason, and the error is
    raised again: a week that nobody looked at is never green.
    """
    record = standing_of(ledger.capability, ledger.entries()).production
    if record is None:
        return None
    try:
        evidence = _evidence(record, *_judged(ledger, record, settings, announce))
    except RoadworthyError as error:
        _record(
            ledger, EvidenceRecorded(release=record.number, name=EVIDENCE, verdict="inconclusive", summary=_why(error))
        )
        raise
    return _record(ledger, evidence)


def _record(ledger: Ledger, evidence: EvidenceRecorded) -> Entry | None:
    return ledger.record(lambda entries: evidence, by=BY)


def _why(error: RoadworthyError) -> str:
    return f"not evaluated: {error.problem}"


def _evidence(record: ReleaseRecord, judgement: Judgement, measured: Measured) -> EvidenceRecorded:
    facts: dict[str, str | bool | int | float | None] = {}
    for metric, found in measured.evaluation.metrics.items():
        facts |= {f"{metric}": found.value, f"{metric}.low": found.low, f"{metric}.high": found.high}
    return EvidenceRecorded(
        release=record.number,
        name=EVIDENCE,
        verdict=judgement.verdict.value,
        summary=f"{judgement.summary} (production: the same release when it was made)",
        facts=facts,
    )


def _judged(
    ledger: Ledger, record: ReleaseRecord, settings: Settings, announce: Announce
) -> tuple[Judgement, Measured]:
    from roadworthy.evaluation.judgement import judge_all
    from roadworthy.params.capability import parse_capability

    with _verified(ledger, record, settings) as bundle:
        capability = parse_capability((bundle.folder / "parameters.json").read_bytes())
        if capability.kind == "model":
            measured = _measure_model(ledger, bundle, capability)
        else:
            measured = _ask(ledger.capability, bundle, capability, settings, announce)
    return judge_all(capability.gates, measured.evaluation, record.digest, measured.comparison), measured


@contextmanager
def _verified(ledger: Ledger, record: ReleaseRecord, settings: Settings) -> Iterator[Bundle]:
    with TemporaryDirectory() as scratch:
        bundle = fetch_bundle(ledger.store, record.digest, Path(scratch, "bundle"))
        verify_folder(bundle.folder, bundle.signature, public_key_path(settings.signing_key_path))
        yield bundle


def _measure_model(ledger: Ledger, bundle: Bundle, capability: ModelCapability) -> Measured:
    """Predict the rows of its release again: in another environment the same model may say something else."""
    import pandas

    from roadworthy.evaluation.comparison import compare_predictions
    from roadworthy.evaluation.report import evaluate_predictions
    from roadworthy.modelling.fitted_model import read_bundled_model
    from roadworthy.modelling.schema import LABEL
    from tasks.evaluate import resampling
    from tasks.model_comparison import fetch_rows, own_predictions

    rows = pandas.read_parquet(fetch_rows(ledger.store, bundle, bundle.folder.parent))
    labels, how = rows[LABEL].to_numpy(), resampling(capability.evaluate, rows)
    scores = read_bundled_model(bundle.folder).predict(rows)
    comparison = compare_predictions(labels, scores, own_predictions(bundle), how)
    return Measured(evaluate_predictions(labels, scores, how), comparison)


def _ask(
    name: str, bundle: Bundle, capability: AssistantCapability, settings: Settings, announce: Announce
) -> Measured:
    """Ask every query of the set as it is today; answers that are kept from earlier don't count."""
    from roadworthy.assistant.files import AssistantFiles
    from roadworthy.evaluation.answer_comparison import compare_answers
    from roadworthy.evaluation.answer_evaluation import evaluate_answers
    from roadworthy.evaluation.query_sets import read_query_set
    from tasks.answer_comparison import scored_queries
    from tasks.evaluate_answers import QUERIES, answer_resampling
    from tasks.judging import kept_calibration
    from tasks.rehearsal import rehearse

    files = AssistantFiles(bundle.folder / "assistant", bundle.folder / "index")
    queries = read_query_set(settings.root.resolve() / capability.evaluate.queries)
    rows = rehearse(name, capability, files, queries, settings, announce, keep_answers=False).rows
    how = answer_resampling(capability.evaluate)
    calibration = kept_calibration(bundle.folder / "evaluation")
    # A rubric that became easier must not look like a better assistant.
    before = {query.id: query for query in read_query_set(bundle.folder / "evaluation" / QUERIES)}
    same = {query.id for query in queries if before.get(query.id) == query}
    now, then = ([row for row in found if row.id in same] for found in (rows, scored_queries(bundle)))
    try:
        comparison = compare_answers(now, then, how, calibration)
    except DataError:
        comparison = None
    return Measured(evaluate_answers(rows, how, calibration), comparison)
