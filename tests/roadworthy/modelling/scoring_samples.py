"""Small fitted models of each kind with their schema, and how each is scored, for the tests of online predictions."""

from __future__ import annotations

from functools import cache

from modelling_samples import CATEGORICAL, NUMERIC, SPECIMENS, TrainSettings, flights, labels

from roadworthy.modelling.estimator import build_estimator
from roadworthy.modelling.fitted_model import FittedModel
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.modelling.scoring.choosing import scorer_for
from roadworthy.modelling.scoring.interface import RowScorer

SCHEMA = FeatureSchema(
    features=(
        *(Feature(name=name, kind="categorical", type="VARCHAR") for name in CATEGORICAL),
        Feature(name="hour", kind="numeric", type="BIGINT"),
        Feature(name="distance", kind="numeric", type="DOUBLE"),
        Feature(name="holiday", kind="numeric", type="BOOLEAN"),
    ),
    label="late",
    positive=True,
)
MORE = {
    **SPECIMENS,
    "many trees": TrainSettings(arguments={"max_iter": 60, "max_leaf_nodes": 9}),
    "one tree": TrainSettings(arguments={"max_iter": 1}),
    "categories undeclared": TrainSettings(arguments={"max_iter": 4, "categorical_features": None}),
    "categories last": TrainSettings(arguments={"max_iter": 4, "categorical_features": [1]}),
}
TAKEN_APART = {"boosting", "many trees", "one tree", "categories undeclared", "categories last"}


@cache
def model(specimen: str) -> FittedModel:
    """Return a model of one kind, fitted on rows as the path of a release gives them."""
    frame = flights()
    estimator = build_estimator(MORE[specimen], CATEGORICAL, NUMERIC, seed=3)
    return FittedModel(estimator.fit(SCHEMA.select(frame), labels(frame)), SCHEMA, threads=1)


@cache
def chosen(specimen: str) -> RowScorer:
    """Return how a model of this kind is scored."""
    return scorer_for(model(specimen), flights(20, seed=9))
