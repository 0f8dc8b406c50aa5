"""A trained model together with what it takes and how it was trained: what evaluation measures and serving loads."""

# Late imports: start-up time.
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.modelling.model_file import load_model
from roadworthy.modelling.schema import FeatureSchema

if TYPE_CHECKING:
    import numpy
    import pandas


@dataclass(frozen=True)
class FittedModel:
    """A model loaded from its files, which predicts only rows that fit its schema."""

    estimator: Any
    schema: FeatureSchema
    threads: int
    """Numbers differ with the number of threads, so it predicts with as many as it was trained with."""

    def predict(self, rows: pandas.DataFrame) -> numpy.ndarray:
        """Return each row's probability of the positive class, shape (rows,).

        Raises `DataError` naming the features that the rows lack or that are not what the schema says.
        """
        from threadpoolctl import threadpool_limits

        with threadpool_limits(self.threads):
            probabilities: numpy.ndarray = self.estimator.predict_proba(self.schema.select(rows))[:, 1]
        return probabilities


def read_fitted_model(model_folder: Path, schema: Path) -> FittedModel:
    """Load the model kept in `model_folder` for rows of the kind that the file `schema` describes.

    Raises `IntegrityError` when the model's file is damaged or holds types that its description does not name.
    """
    description = json.loads((model_folder / "model.json").read_bytes())
    estimator = load_model(model_folder / "model.skops", trusted_types=tuple(description["trusted_types"]))
    return FittedModel(estimator, FeatureSchema.read(schema), int(description["threads"]))


def read_bundled_model(bundle: Path) -> FittedModel:
    """Load the model of the release whose bundle lies in the folder `bundle`."""
    return read_fitted_model(bundle / "model", bundle / "schema.json")
