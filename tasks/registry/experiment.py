"""A release's run in MLflow: parameters, metrics with intervals, plots, Data Docs and data, all from its bundle."""

# Late imports below: start-up time.
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.digest import digest_file
from tasks.evaluate_answers import QUERIES
from tasks.registry.answers_table import log_answers
from tasks.registry.connect import Registry
from tasks.registry.description import shortened
from tasks.registry.facts import ReleaseFacts
from tasks.registry.prompts import mirror_prompts
from tasks.registry.text_changes import TextChanges, log_changes
from tasks.registry.traces import log_traces

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Metric, Run

DIGEST = "roadworthy.digest"
"""The run's tag by which a release finds its run again."""

_MODEL, ASSISTANT = "model", "assistant"
_LONGEST_DIGEST = 36
_LONGEST_PARAMETER = 6000
_MOST_PER_CALL = 100


def open_experiment(registry: Registry, capability: str) -> str:
    """Return the id of the capability's experiment; make it, or bring it back when somebody deleted it."""
    from mlflow.exceptions import MlflowException

    found = registry.client.get_experiment_by_name(capability)
    if found is None:
        place = f"{registry.artifacts}/{capability}" if registry.artifacts else None
        try:
            return str(registry.client.create_experiment(capability, artifact_location=place))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = registry.client.get_experiment_by_name(capability)
    if found.lifecycle_stage == "deleted":
        registry.client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def write_run(
    registry: Registry, experiment: str, facts: ReleaseFacts, bundle: Path, changes: TextChanges | None = None
) -> str:
    """Write the release's run, or complete it when an earlier writer was killed; return its id.

    `changes` are those of an assistant's texts against production.
    """
    run = _find_run(registry, experiment, facts) or _start_run(registry, experiment, facts)
    identity = str(run.info.run_id)
    _log_parameters(registry, identity, bundle)
    registry.client.log_batch(identity, metrics=list(_metrics(bundle, facts)))
    registry.client.log_inputs(identity, datasets=list(_datasets(bundle)))
    for path in sorted(bundle.iterdir()):
        if path.name != _MODEL:
            _log_artifact(registry, identity, path)
    if (bundle / ASSISTANT).is_dir():
        log_answers(registry, identity, bundle)
        log_traces(registry, experiment, identity, facts, bundle)
        if changes is not None:
            log_changes(registry, identity, changes)
        mirror_prompts(registry, bundle, facts.reference)
    registry.client.set_terminated(identity, "FINISHED", end_time=facts.released_milliseconds)
    return identity


def _find_run(registry: Registry, experiment: str, facts: ReleaseFacts) -> Run | None:
    from mlflow.entities import ViewType

    condition = f"tags.`{DIGEST}` = '{facts.digest}'"
    runs = registry.client.search_runs([experiment], condition, run_view_type=ViewType.ALL, max_results=1)
    if not runs:
        return None
    if runs[0].info.lifecycle_stage == "deleted":
        registry.client.restore_run(runs[0].info.run_id)
    return runs[0]


def _start_run(registry: Registry, experiment: str, facts: ReleaseFacts) -> Run:
    tags = {
        DIGEST: facts.digest,
        "roadworthy.release": facts.reference,
        "roadworthy.work_tree": facts.work_tree,
        "mlflow.source.name": facts.capability,
        "mlflow.source.type": "PROJECT",
        "mlflow.source.git.commit": facts.commit or "unknown",
        "mlflow.user": facts.released_by,
    }
    return registry.client.create_run(
        experiment, start_time=facts.released_milliseconds, tags=tags, run_name=facts.reference
    )


def _log_parameters(registry: Registry, run: str, bundle: Path) -> None:
    from mlflow.entities import Param

    flat = dict(_flattened(_read(bundle / "parameters.json")))
    entries = [Param(key, shortened(value, _LONGEST_PARAMETER)) for key, value in flat.items()]
    for start in range(0, len(entries), _MOST_PER_CALL):
        registry.client.log_batch(run, params=entries[start : start + _MOST_PER_CALL])


def _flattened(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each leaf with its path, `train.arguments.max_iter`; lists of plain values are leaves."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flattened(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, inner in enumerate(value, start=1):
            yield from _flattened(inner, f"{path}.{number}")
    else:
        yield _safe_name(path), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _metrics(bundle: Path, facts: ReleaseFacts) -> Iterator[Metric]:
    from mlflow.entities import Metric

    evaluation = _read(bundle / "evaluation" / "evaluation.json")
    for name, estimate in {**evaluation["metrics"], **_of_judge(evaluation)}.items():
        for suffix, key in (("", "value"), (".low", "low"), (".high", "high")):
            yield Metric(f"{name}{suffix}", float(estimate[key]), facts.released_milliseconds, 0)


def _of_judge(evaluation: Any) -> dict[str, Any]:
    """Return what the judge approves, also where it only informs, and how well it agrees with people."""
    calibration, opinion = evaluation.get("calibration"), evaluation.get("opinion")
    # A trained model's calibration is that of its probabilities.
    found = {"judge.kappa": calibration["kappa"]} if calibration and "kappa" in calibration else {}
    return found | ({"judge.approves": opinion["estimate"]} if opinion and opinion["estimate"] else {})


def _datasets(bundle: Path) -> Iterator[DatasetInput]:
    for table, source in _read(bundle / "parameters.json")["ingest"]["sources"].items():
        yield _dataset(table, source["uri"], source["sha256"], "source")
    yield from _rows_of_model(bundle) if (bundle / _MODEL).is_dir() else _queries_of_assistant(bundle)


def _rows_of_model(bundle: Path) -> Iterator[DatasetInput]:
    model = _read(bundle / _MODEL / "model.json")
    trained, digest = model["training_rows"], model["training_data_sha256"]
    yield _dataset("train", "prepared/train.parquet", digest, "training", trained)
    rows = _read(bundle / "evaluation" / "rows.json")
    yield _dataset("evaluate", "prepared/evaluate.parquet", rows["sha256"], "evaluate", rows["rows"])


def _queries_of_assistant(bundle: Path) -> Iterator[DatasetInput]:
    queries = bundle / "evaluation" / QUERIES
    asked = _read(bundle / "evaluation" / "evaluation.json")["queries"]
    yield _dataset("evaluate", f"evaluation/{QUERIES}", digest_file(queries), "evaluate", asked)


def _dataset(name: str, uri: str, sha256: str, context: str, rows: int | None = None) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    return DatasetInput(
        Dataset(
            name=name,
            digest=sha256[:_LONGEST_DIGEST],
            source_type="local",
            source=json.dumps({"uri": uri, "sha256": sha256}),
            profile=None if rows is None else json.dumps({"num_rows": rows}),
        ),
        [InputTag("mlflow.data.context", context), InputTag("sha256", sha256)],
    )


def _log_artifact(registry: Registry, run: str, path: Path) -> None:
    if path.is_dir():
        registry.client.log_artifacts(run, str(path), path.name)
    else:
        registry.client.log_artifact(run, str(path))


def _safe_name(name: str) -> str:
    """Return `name` with what MLflow's names may not hold replaced."""
    return "".join(letter if letter.isalnum() or letter in "_-. /:" else "_" for letter in name)[:250]


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())
