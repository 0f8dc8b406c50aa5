"""Scores rows with the model's own pipeline: works for every model, in milliseconds for each call."""

# Late imports: start-up time.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy.modelling.fitted_model import FittedModel
from roadworthy.modelling.online_rows import OnlineRows

if TYPE_CHECKING:
    import numpy
    import pandas

_ROW_BY_ROW_ARITHMETIC = (
    "DecisionTreeClassifier",
    "ExtraTreesClassifier",
    "GradientBoostingClassifier",
    "HistGradientBoostingClassifier",
    "RandomForestClassifier",
)
"""scikit-learn's estimators that treat each row by itself. Others multiply matrices, and BLAS rounds a row's last bits
otherwise when other rows are beside it."""


class PipelineScorer:
    """Prepares all rows together; an estimator whose numbers depend on what is beside a row gets them one by one."""

    quick_rows = 0

    def __init__(self, model: FittedModel) -> None:
        from threadpoolctl import ThreadpoolController

        self._model = model
        self._prepare, self._estimator = model.estimator[:-1], model.estimator[-1]
        kind = type(self._estimator)
        self._together = kind.__module__.startswith("sklearn.") and kind.__name__ in _ROW_BY_ROW_ARITHMETIC
        self._warm_up()
        # Finding the libraries takes milliseconds, so once; after a first prediction has loaded them all.
        self._threads = ThreadpoolController()

    def _warm_up(self) -> None:
        empty = OnlineRows(tuple([None] for _ in self._model.schema.features), 1)
        self._model.predict(frame_of(empty, self._model))

    def score(self, rows: OnlineRows) -> list[float]:
        """Score rows; see `RowScorer`."""
        with self._threads.limit(limits=self._model.threads):
            prepared = self._prepare.transform(self._model.schema.select(frame_of(rows, self._model)))
            if self._together:
                scores: list[float] = self._estimator.predict_proba(prepared)[:, 1].tolist()
                return scores
            return [self._alone(prepared, row) for row in range(rows.count)]

    def _alone(self, prepared: numpy.ndarray, row: int) -> float:
        return float(self._estimator.predict_proba(prepared[row : row + 1])[0, 1])


def frame_of(rows: OnlineRows, model: FittedModel) -> pandas.DataFrame:
    """Return the rows as `FittedModel.predict` takes them."""
    import pandas

    columns: dict[str, Any] = {}
    for feature, values in zip(model.schema.features, rows.columns, strict=True):
        # An object column of nothing but gaps stays one.
        kind = "float64" if feature.kind == "numeric" else "object"
        columns[feature.name] = pandas.Series(values, dtype=kind)
    return pandas.DataFrame(columns)
