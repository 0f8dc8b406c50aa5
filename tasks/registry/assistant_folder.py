"""A release's assistant in MLflow's format: its parts as they are, under a flavour that says whose they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

FLAVOR = "roadworthy_assistant"
"""MLflow shows it; only Roadworthy opens it, from the signed bundle and never from here."""


def make_assistant_folder(bundle: Path, folder: Path, model_id: str, run_id: str) -> None:
    """Make `folder`: the assistant's prompts, policy and tools, and the file by which MLflow knows a model."""
    # Late import: start-up time.
    from mlflow.models import Model
    from mlflow.models.model import MLMODEL_FILE_NAME

    shutil.copytree(bundle / "assistant", folder)
    description = json.loads((folder / "assistant.json").read_bytes())
    model = Model(artifact_path="assistant", run_id=run_id, model_id=model_id)
    model.add_flavor(FLAVOR, provider=description["provider"], parts=description["parts"])
    model.save(str(folder / MLMODEL_FILE_NAME))
