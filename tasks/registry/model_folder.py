"""A release's model in MLflow's format: the bundle's own model file, described so that MLflow can load it."""

# Late imports below: start-up time.
from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.modelling.schema import FeatureSchema

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

MODEL_FILE = "model.skops"
_PROBABILITIES = "predict_proba"


def make_model_folder(bundle: Path, folder: Path, model_id: str, run_id: str) -> None:
    """Make `folder`, which `mlflow.pyfunc.load_model` loads: it predicts each class's probability.

    The model file is the bundle's own and is not loaded here, which would take longer than all the rest; a proof of
    readiness for production loads what MLflow gives out (tasks/registry/given_out.py).
    """
    from mlflow import pyfunc
    from mlflow.models import Model
    from mlflow.models.model import MLMODEL_FILE_NAME

    folder.mkdir(parents=True)
    shutil.copyfile(bundle / "model" / MODEL_FILE, folder / MODEL_FILE)
    description = json.loads((bundle / "model" / "model.json").read_bytes())
    schema = FeatureSchema.read(bundle / "schema.json")
    model = Model(artifact_path="model", run_id=run_id, model_id=model_id, signature=_signature(schema))
    pyfunc.add_to_model(model, loader_module="mlflow.sklearn", model_path=MODEL_FILE, predict_fn=_PROBABILITIES)
    model.add_flavor(
        "sklearn",
        pickled_model=MODEL_FILE,
        sklearn_version=description["libraries"]["scikit-learn"],
        serialization_format="skops",
        skops_trusted_types=description["trusted_types"],
        code=None,
    )
    model.save(str(folder / MLMODEL_FILE_NAME))
    (folder / "requirements.txt").write_text(_requirements(description["libraries"]), encoding="utf-8")


def _signature(schema: FeatureSchema) -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    kinds = {"categorical": DataType.string, "numeric": DataType.double, "text": DataType.string}
    inputs = [ColSpec(kinds[feature.kind], feature.name, required=False) for feature in schema.features]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([TensorSpec(_float64(), (-1, 2))]))


def _float64() -> Any:
    import numpy

    return numpy.dtype("float64")


def _requirements(libraries: dict[str, str]) -> str:
    from importlib.metadata import version

    pinned = {**libraries, **{name: version(name) for name in ("mlflow", "pandas")}}
    return "".join(f"{name}=={number}\n" for name, number in sorted(pinned.items()))
