"""Scores rows with a boosted model of categories and numbers, without a frame: in some ten microseconds a row."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from roadworthy.modelling.fitted_model import FittedModel
from roadworthy.modelling.online_rows import OnlineRows
from roadworthy.modelling.online_values import Value
from roadworthy.modelling.scoring.joined_trees import JoinedTrees, join_trees
from roadworthy.modelling.scoring.pipeline import frame_of

if TYPE_CHECKING:
    import numpy

_NAN = float("nan")
_QUICK_LEAVES = 4000
"""To find a leaf takes some .13 µs."""
_NUMBERS = [1.0, 2.5]
_NO_CATEGORY = "\N{REPLACEMENT CHARACTER} no category"


@dataclass(frozen=True)
class _Column:
    """How one feature becomes a number that the trees look at."""

    place: int
    codes: Mapping[Any, float] | None
    """A category's number; one that is not there is missing. None for a feature that is a number already."""


@dataclass(frozen=True)
class BoostedTreesScorer:
    """A boosted model taken apart."""

    columns: tuple[_Column, ...]
    trees: JoinedTrees
    loss: Any

    @property
    def quick_rows(self) -> int:
        """So many rows take no thread; see `RowScorer`."""
        return _QUICK_LEAVES // self.trees.trees

    def score(self, rows: OnlineRows) -> list[float]:
        """Score rows; see `RowScorer`."""
        import numpy

        numbers = numpy.empty((rows.count, len(self.columns)))
        for column, values in zip(self.columns, rows.columns, strict=True):
            codes = column.codes
            numbers[:, column.place] = values if codes is None else [codes.get(value, _NAN) for value in values]
        scores: list[float] = self.loss.predict_proba(self.trees.sums(numbers))[:, 1].tolist()
        return scores


def take_apart(model: FittedModel) -> BoostedTreesScorer | None:
    """Return a scorer for a model that has the form that `build_estimator` gives boosted trees; None for others."""
    estimator = model.estimator[-1]
    if not _is_boosted(model, estimator):
        return None
    columns = _columns(model, estimator)
    return BoostedTreesScorer(columns, join_trees(estimator), estimator._loss) if columns else None


def _is_boosted(model: FittedModel, estimator: Any) -> bool:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return (
        type(estimator) is HistGradientBoostingClassifier
        and estimator.n_trees_per_iteration_ == 1
        and len(estimator._predictors) > 0
        and list(model.estimator.named_steps) == ["columns", "estimator"]
        and not model.schema.names("text")
        and all(_is_known(part) for _, part, _ in model.estimator[0].transformers_)
    )


def _is_known(part: Any) -> bool:
    """Tell whether a part of the preparation treats each column by itself, and numbers not at all."""
    from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

    if isinstance(part, FunctionTransformer):
        return part.func is None
    return isinstance(part, str) or type(part) is OrdinalEncoder


def _columns(model: FittedModel, estimator: Any) -> tuple[_Column, ...] | None:
    """Read off the fitted preparation where each feature goes, and which number each category becomes."""
    categories = _categories(model)
    columns = []
    for number, feature in enumerate(model.schema.features):
        known = categories.get(feature.name)
        column = _column(_prepared(model, estimator, number, known or _NUMBERS), known)
        if column is None:
            return None
        columns.append(column)
    return tuple(columns) if len({column.place for column in columns}) == len(columns) else None


def _column(prepared: numpy.ndarray, categories: list[Any] | None) -> _Column | None:
    """Return how a feature is prepared, given what came of its values alone; None when it is not as expected."""
    import numpy

    used = numpy.flatnonzero(~numpy.isnan(prepared).all(axis=0)).tolist()
    if len(used) != 1:
        return None
    numbers = prepared[:, used[0]].tolist()
    if categories is None:
        return _Column(used[0], None) if numbers == _NUMBERS else None
    # The last one is no category.
    if not numpy.isnan(numbers[-1]):
        return None
    return _Column(used[0], dict(zip(categories[:-1], numbers[:-1], strict=True)))


def _categories(model: FittedModel) -> dict[str, list[Any]]:
    """Return the categories of each feature, and last something that is none."""
    from sklearn.preprocessing import OrdinalEncoder

    return {
        name: [*(category for category in known if isinstance(category, str)), _NO_CATEGORY]
        for _, encoder, names in model.estimator[0].transformers_
        if isinstance(encoder, OrdinalEncoder)
        for name, known in zip(names, encoder.categories_, strict=True)
    }


def _prepared(model: FittedModel, estimator: Any, number: int, values: list[Any]) -> numpy.ndarray:
    """Return what the trees would see of rows with these `values` for one feature, and nothing else known."""
    kinds = [feature.kind for feature in model.schema.features]
    columns: list[list[Value]] = [[_NAN if kind == "numeric" else None] * len(values) for kind in kinds]
    columns[number] = values
    selected = model.schema.select(frame_of(OnlineRows(tuple(columns), len(values)), model))
    prepared: numpy.ndarray = estimator._preprocess_X(model.estimator[:-1].transform(selected), reset=False)
    return prepared
