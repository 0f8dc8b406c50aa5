"""Learns the capability's own estimator, as its release does, from any rows."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from roadworthy.evaluation.metrics import Floats
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.params.model import TrainParams
from roadworthy.replay.rows import Scorer

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class EstimatorLearner:
    """Learns what params.yaml names, with its seed and threads."""

    params: TrainParams
    schema: FeatureSchema

    def __call__(self, features: pandas.DataFrame, labels: NDArray[np.int8]) -> Scorer:
        """Fit a new estimator."""
        from threadpoolctl import threadpool_limits

        from roadworthy.modelling.estimator import build_estimator

        categorical = self.schema.names("categorical")
        largest = max((int(features[name].nunique()) for name in categorical), default=0)
        numeric, text = self.schema.names("numeric"), self.schema.names("text")
        estimator = build_estimator(self.params, categorical, numeric, self.params.seed, largest, text)
        with threadpool_limits(self.params.threads):
            estimator.fit(features, labels)
        return _Fitted(estimator, self.params.threads)


@dataclass(frozen=True)
class _Fitted:
    estimator: Any
    threads: int

    def __call__(self, features: pandas.DataFrame) -> Floats:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(self.threads):
            scores: Floats = self.estimator.predict_proba(features)[:, 1]
        return scores
