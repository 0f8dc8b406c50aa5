"""The bare script's steps as a ZenML pipeline: `python zenml_release.py FOLDER`."""

# ruff: noqa: D103 (the steps' names say it)
from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from sklearn.pipeline import Pipeline
from zenml import pipeline, step

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import bare_release


@step(enable_cache=False)
def load(folder: str) -> pd.DataFrame:
    return bare_release.load(Path(folder))


@step(enable_cache=False)
def prepare(rows: pd.DataFrame) -> pd.DataFrame:
    return bare_release.prepare(rows)


@step(enable_cache=False)
def train(rows: pd.DataFrame) -> Pipeline:
    return bare_release.train(rows)


@step(enable_cache=False)
def evaluate(model: Pipeline, rows: pd.DataFrame) -> None:
    bare_release.evaluate(model, rows)


@pipeline(enable_cache=False)
def release(folder: str) -> None:
    rows = prepare(load(folder))
    evaluate(train(rows), rows)


if __name__ == "__main__":
    release(sys.argv[1])
