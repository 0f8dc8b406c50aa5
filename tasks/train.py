"""The step that trains the model, and keeps beside it what it predicts on fixed rows."""

# Late imports: start-up time.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.canonical import readable_json
from roadworthy.digest import digest_file
from roadworthy.errors import ParamsError
from roadworthy.modelling.schema import LABEL, FeatureSchema
from roadworthy.params.model import TrainParams
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace

if TYPE_CHECKING:
    import pandas

ROWS = "train.parquet"
"""The file of `prepare` from which the model learns."""


def train(params: TrainParams, workspace: Workspace, announce: Announce) -> None:
    """Fit the estimator on the training rows, with the seed and the threads that the parameters fix."""
    import pandas
    from threadpoolctl import threadpool_limits

    from roadworthy.modelling.estimator import build_estimator

    schema = FeatureSchema.read(workspace.prepared / "schema.json")
    rows = pandas.read_parquet(workspace.prepared / ROWS, columns=_columns(params, schema, workspace))
    features, labels, categorical = schema.select(rows), rows[LABEL], schema.names("categorical")
    largest = max((int(features[name].nunique()) for name in categorical), default=0)
    estimator = build_estimator(
        params, categorical, schema.names("numeric"), params.seed, largest, schema.names("text")
    )
    with threadpool_limits(params.threads):
        announce(f"{params.estimator.rpartition('.')[2]} on {len(rows):,} rows, {len(schema.columns)} features")
        point = _operating_point(estimator, params, features, rows, announce)
        del rows  # The features hold what is learned from; twice they would be the step's largest part.
        estimator.fit(features, labels)
        _keep(estimator, params, schema, features, workspace, point)


def _columns(params: TrainParams, schema: FeatureSchema, workspace: Workspace) -> list[str]:
    """Return the columns that are needed: a table may have many more."""
    from pyarrow import parquet

    point = params.operating_point
    asked = (*schema.columns, LABEL, *((point.hold_out, point.among) if point else ()))
    there = parquet.read_schema(workspace.prepared / ROWS).names
    # What is missing is said by whoever needs it.
    return [name for name in dict.fromkeys(asked) if name in there]


def _operating_point(
    estimator: Any, params: TrainParams, features: pandas.DataFrame, rows: pandas.DataFrame, announce: Announce
) -> dict[str, Any]:
    """Return what model.json says of the score from which on the answer is yes; nothing where none is asked for."""
    from roadworthy.modelling.operating_point import choose_operating_point

    if params.operating_point is None:
        return {}
    named = (params.operating_point.hold_out, params.operating_point.among)
    for column in (name for name in named if name and name not in rows.columns):
        raise ParamsError(
            f"the rows to train have no column {column!r}",
            where="params.yaml: train.operating_point",
            remedy="name it under prepare.keep",
        )
    point = choose_operating_point(estimator, features, rows[LABEL].to_numpy(), rows, params.operating_point)
    announce(f"threshold {point.threshold:g}: {point.recall:.1%} found, {point.false_positives:.2%} false positives")
    return {"operating_point": point.model_dump(mode="json")}


def _keep(
    estimator: Any,
    params: TrainParams,
    schema: FeatureSchema,
    features: pandas.DataFrame,
    workspace: Workspace,
    point: dict[str, Any],
) -> None:
    from roadworthy.modelling.model_file import save_model
    from roadworthy.modelling.probe import make_probe, without_texts

    with replacing_folder_or_file(workspace.model) as folder:
        folder.mkdir()
        saved = save_model(estimator, folder / "model.skops", trusted_modules=params.trusted_modules)
        # Evenly spaced, so that the fixed rows cover the whole training window.
        fixed = features.iloc[:: max(1, len(features) // params.probe_rows)][: params.probe_rows]
        fixed = without_texts(fixed.reset_index(drop=True), schema)
        fixed.to_parquet(folder / "probe.parquet", index=False)
        probe = make_probe(estimator, fixed)
        (folder / "probe.json").write_bytes(readable_json(probe.model_dump(mode="json")))
        data = {"training_rows": len(features), "training_data_sha256": digest_file(workspace.prepared / ROWS)}
        description = {**_description(params, schema), **point, **data, "trusted_types": list(saved.trusted_types)}
        (folder / "model.json").write_bytes(readable_json(description))


def _description(params: TrainParams, schema: FeatureSchema) -> dict[str, object]:
    from importlib.metadata import version

    return {
        "estimator": params.estimator,
        "arguments": params.arguments,
        "encoding": params.encoding,
        **({"text": params.text.model_dump(mode="json")} if schema.names("text") else {}),
        "seed": params.seed,
        "threads": params.threads,
        "libraries": {name: version(name) for name in ("numpy", "scikit-learn", "scipy", "skops")},
    }


TRAIN = Step(
    name="train",
    summary="fit the estimator",
    run=train,
    section="train",
    inputs=lambda capability, workspace: (
        workspace.prepared / ROWS,
        workspace.prepared / "schema.json",
    ),
    outputs=lambda capability, workspace: (workspace.model,),
    timeout_seconds=4 * 3600,
    libraries=("pandas", "pyarrow.dataset", "sklearn.ensemble", "sklearn.compose", "skops.io"),
)
