"""The step that measures the model on rows that it never saw."""

# Late imports: start-up time.
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.canonical import readable_json
from roadworthy.digest import digest_file
from roadworthy.evaluation.values import Metric
from roadworthy.modelling.fitted_model import read_fitted_model
from roadworthy.modelling.schema import LABEL
from roadworthy.params.model import EvaluateParams
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace

if TYPE_CHECKING:
    import numpy
    import pandas

    from roadworthy.evaluation.bootstrap import Resampling
    from roadworthy.evaluation.report import Evaluation
    from roadworthy.params.capability import ModelCapability

SCORE = "score"
"""The column of predictions.parquet with the probability of the positive class, beside the label."""


def evaluate(params: EvaluateParams, workspace: Workspace, announce: Announce) -> None:
    """Predict the evaluation rows, and write the metrics with their intervals, by segment too."""
    import pandas

    rows_path = workspace.prepared / "evaluate.parquet"
    rows = pandas.read_parquet(rows_path)
    scores = read_fitted_model(workspace.model, workspace.prepared / "schema.json").predict(rows)
    evaluation = _measure(params, rows, scores)
    announce(f"{len(rows):,} rows: AUC {evaluation.metrics[Metric.AUC].text()}")
    _keep(evaluation, rows, scores, rows_path, workspace)


def _measure(params: EvaluateParams, rows: pandas.DataFrame, scores: numpy.ndarray) -> Evaluation:
    from roadworthy.evaluation.report import evaluate_predictions

    return evaluate_predictions(
        rows[LABEL].to_numpy(),
        scores,
        resampling(params, rows),
        segments={name: _texts(rows[name]).to_list() for name in params.segments},
        smallest_segment=params.smallest_segment,
    )


def resampling(params: EvaluateParams, rows: pandas.DataFrame) -> Resampling:
    """Return how the bootstrap draws these rows again."""
    from roadworthy.evaluation.bootstrap import Resampling

    clusters = _texts(rows[params.resample_by]).to_numpy() if params.resample_by else None
    return Resampling(params.resamples, params.confidence, params.seed, clusters)


def _texts(column: pandas.Series) -> pandas.Series:
    """Return the column's values as text; what is missing is a value of its own."""
    return column.astype("object").map(str, na_action="ignore").fillna("(missing)").astype("object")


def _keep(
    evaluation: Evaluation, rows: pandas.DataFrame, scores: numpy.ndarray, rows_path: Path, workspace: Workspace
) -> None:
    from roadworthy.evaluation.drawing import draw_reliability

    with replacing_folder_or_file(workspace.evaluation) as folder:
        folder.mkdir()
        (folder / "evaluation.json").write_bytes(readable_json(evaluation.model_dump(mode="json")))
        (folder / "reliability.svg").write_bytes(draw_reliability(evaluation.calibration))
        predictions = rows[[LABEL]].assign(**{SCORE: scores})
        predictions.to_parquet(folder / "predictions.parquet", index=False)
        content = {"rows": len(rows), "sha256": digest_file(rows_path)}
        (folder / "rows.json").write_bytes(readable_json(content))


def _inputs(capability: ModelCapability, workspace: Workspace) -> tuple[Path, ...]:
    prepared = workspace.prepared
    return (prepared / "evaluate.parquet", prepared / "schema.json", workspace.model)


EVALUATE = Step(
    name="evaluate",
    summary="measure the model on rows that it never saw",
    run=evaluate,
    section="evaluate",
    inputs=_inputs,
    outputs=lambda capability, workspace: (workspace.evaluation,),
    timeout_seconds=3600,
    libraries=("roadworthy.evaluation.report", "scipy.special", "roadworthy.evaluation.drawing"),
)
