"""Rows like a capability's, and small fitted pipelines of each kind, for the tests of models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy
import pandas

from roadworthy.modelling.estimator import build_estimator
from roadworthy.params.model import TextParams

CATEGORICAL = ["carrier", "origin"]
NUMERIC = ["hour", "distance", "holiday"]


@dataclass(frozen=True)
class TrainSettings:
    """What `build_estimator` reads of params.yaml's section `train`."""

    estimator: str = "sklearn.ensemble.HistGradientBoostingClassifier"
    arguments: dict[str, Any] = field(default_factory=dict)
    encoding: str = "ordinal"
    trusted_modules: tuple[str, ...] = ()
    text: TextParams = field(default_factory=TextParams)


SPECIMENS = {
    "boosting": TrainSettings(arguments={"max_iter": 5}),
    "boosting one-hot": TrainSettings(arguments={"max_iter": 5}, encoding="one_hot"),
    "logistic": TrainSettings("sklearn.linear_model.LogisticRegression", encoding="one_hot"),
    "logistic ordinal": TrainSettings("sklearn.linear_model.LogisticRegression"),
    "forest": TrainSettings("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 4, "max_depth": 6}),
}


def flights(rows: int = 600, seed: int = 0, unseen: bool = False) -> pandas.DataFrame:
    """Return rows with gaps in text and numbers, as pandas reads them from Parquet."""
    random = numpy.random.default_rng(seed)
    carriers = ["AA", "B6", None, "UA"] + (["never seen"] if unseen else [])
    return pandas.DataFrame(
        {
            "carrier": pandas.Series(random.choice(carriers, rows), dtype="str"),
            "origin": pandas.Series(random.choice(["EWR", "JFK", "LGA"], rows), dtype="str"),
            "hour": random.integers(0, 24, rows),
            "distance": numpy.where(random.random(rows) < 0.1, numpy.nan, random.normal(900, 300, rows)),
            "holiday": random.random(rows) < 0.3,
        }
    )


def labels(frame: pandas.DataFrame) -> numpy.ndarray:
    """Return labels that depend on the hour and the carrier, so that there is something to learn."""
    noise = numpy.random.default_rng(5).normal(0, 3, len(frame))
    return (frame["hour"] + 6 * (frame["carrier"] == "B6") + noise > 14).to_numpy().astype(int)


def fitted(specimen: str) -> Any:
    """Return a fitted pipeline of one kind."""
    frame = flights()
    return build_estimator(SPECIMENS[specimen], CATEGORICAL, NUMERIC, seed=3).fit(frame, labels(frame))
