"""A small real bundle: the steps train, evaluate, reference and package on two hundred made-up rows."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from roadworthy.params.capability import ModelCapability
from roadworthy.workspace import Workspace
from tasks.evaluate import evaluate
from tasks.package import package
from tasks.reference import reference
from tasks.train import train

SECTION: dict[str, Any] = {
    "kind": "model",
    "description": "Will a small flight be late?",
    "owner": "tests@example.org",
    "card": {"intended_use": "Tests.", "limitations": "Made-up rows.", "licence_of_data": "CC0"},
    "ingest": {
        "sources": {
            "flights": {"uri": "flights.csv", "sha256": "a" * 64, "format": "csv"},
            "weather": {"uri": "pkg:pypi/weather@1#weather.csv", "sha256": "b" * 64, "format": "csv"},
        }
    },
    "prepare": {
        "keys": ["flight"],
        "split": {"seed": 1},
        "label": {"column": "late", "positive": 1},
        "features": {"categorical": ["carrier"], "numeric": ["distance", "wind"]},
    },
    "train": {"arguments": {"max_iter": 5}},
    "evaluate": {"segments": ["carrier"], "smallest_segment": 20, "resamples": 100},
}
"""A capability's section of params.yaml, but for its gates."""

FLOOR: dict[str, Any] = {"kind": "floor", "metric": "auc", "at_least": 0.5}


def small_capability(**changes: Any) -> ModelCapability:
    """The capability's parameters; `changes` replace whole sections."""
    return ModelCapability.model_validate({**SECTION, "gates": [FLOOR], **changes})


def make_small_bundle(root: Path, capability: str = "flight-delay", **changes: Any) -> Path:
    """Train, evaluate and package below `root`; return the bundle's folder."""
    workspace = Workspace(root, capability)
    params = small_capability(**changes)
    _write_inputs(workspace)
    for step, section in ((train, params.train), (evaluate, params.evaluate), (reference, params), (package, params)):
        step(section, workspace, lambda line: None)  # type: ignore[operator]
    return workspace.bundle


def _write_inputs(workspace: Workspace) -> None:
    for folder in (workspace.prepared, workspace.validation / "data_docs"):
        folder.mkdir(parents=True, exist_ok=True)
    for name, seed, rows in (("train", 1, 200), ("evaluate", 2, 150)):
        _write_rows(workspace.prepared / f"{name}.parquet", seed, rows)
    (workspace.prepared / "schema.json").write_text(json.dumps(_schema()))
    (workspace.validation / "validation.json").write_text(json.dumps({"tables": {}}))
    (workspace.validation / "data_docs" / "index.html").write_text("<h1>Data Docs</h1>")
    (workspace.root / "requirements.lock").write_text("scikit-learn==1.9.0\n")


def _write_rows(path: Path, seed: int, count: int) -> None:
    import pandas

    chance = random.Random(seed)  # noqa: S311
    rows = [
        {
            "flight": number,
            "carrier": chance.choice(["AA", "UA", "WN"]),
            "distance": chance.uniform(100, 3000),
            "wind": chance.uniform(0, 40),
        }
        for number in range(count)
    ]
    frame = pandas.DataFrame(rows)
    noise = [chance.uniform(-15, 15) for _ in range(count)]
    frame["label"] = (frame["wind"] + noise > 20).astype("int8")
    frame.to_parquet(path, index=False)


def _schema() -> dict[str, object]:
    features = [
        {"name": "carrier", "kind": "categorical", "type": "VARCHAR"},
        {"name": "distance", "kind": "numeric", "type": "DOUBLE"},
        {"name": "wind", "kind": "numeric", "type": "DOUBLE"},
    ]
    return {"features": features, "label": "late", "positive": 1}
