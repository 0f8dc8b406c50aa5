"""The estimator that params.yaml names, with the preparation of columns that it needs, as one pipeline."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from roadworthy.errors import ParamsError
from roadworthy.modelling.encoding import TextSettings, dense_columns, ordinal_columns, text_columns
from roadworthy.modelling.estimator_class import estimator_class, suggestion


class EstimatorSettings(Protocol):
    """The part of params.yaml's section `train` that says which estimator, and how it is fed."""

    @property
    def estimator(self) -> str:
        """The classifier's import path."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of its constructor."""

    @property
    def encoding(self) -> str:
        """How categories become numbers: `ordinal` or `one_hot`."""

    @property
    def text(self) -> TextSettings:
        """How texts become numbers."""

    @property
    def trusted_modules(self) -> tuple[str, ...]:
        """Packages besides scikit-learn from which the estimator may come."""


def build_estimator(
    settings: EstimatorSettings,
    categorical: list[str],
    numeric: list[str],
    seed: int,
    largest: int | None = None,
    text: Sequence[str] = (),
) -> Any:
    """Return an unfitted `sklearn.pipeline.Pipeline` for frames with these columns; it ignores others.

    `seed` becomes the estimator's `random_state`; `largest` is the number of categories in the column that has
    most of them, where it is known; `text` names columns of free text. Missing values and categories that were
    never seen are fine. Raises `ParamsError` that names the field.
    """
    from sklearn.pipeline import Pipeline

    estimator = _estimator(settings, seed)
    if settings.encoding == "one_hot":
        columns = dense_columns(categorical, numeric)
    else:
        columns = ordinal_columns(estimator, categorical, numeric, largest)
        _declare_categorical(estimator, settings, len(categorical))
    if text:
        _check_sparse(estimator, settings)
        columns.set_params(transformers=[*columns.transformers, *text_columns(settings.text, text)])
    return Pipeline([("columns", columns), ("estimator", estimator)])


def _estimator(settings: EstimatorSettings, seed: int) -> Any:
    found = estimator_class(settings.estimator, settings.trusted_modules)
    estimator = _constructed(found, settings)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    _check_values(estimator)
    # Some classifiers have the method only with certain arguments.
    if not hasattr(estimator, "predict_proba"):
        raise ParamsError(
            f"{settings.estimator} gives no probabilities.",
            where="train.estimator",
            remedy="Choose a classifier with predict_proba, or the arguments with which it has it.",
        )
    return estimator


def _check_sparse(estimator: Any, settings: EstimatorSettings) -> None:
    if not estimator.__sklearn_tags__().input_tags.sparse:
        raise ParamsError(
            f"{settings.estimator} can't learn from texts: it takes no sparse numbers.",
            where="train.estimator",
            remedy="Choose a classifier that does, such as sklearn.linear_model.LogisticRegression.",
        )


def _constructed(found: Any, settings: EstimatorSettings) -> Any:
    allowed = sorted(set(found._get_param_names()) - {"random_state"})
    if "random_state" in settings.arguments:
        raise ParamsError(
            "The estimator's seed is not one of its arguments.",
            where="train.arguments.random_state",
            remedy="Set train.seed instead.",
        )
    for name in settings.arguments:
        if name not in allowed:
            raise ParamsError(
                f"{found.__name__} takes no argument '{name}'; it takes: {', '.join(allowed)}.",
                where=f"train.arguments.{name}",
                remedy=suggestion(name, allowed) or "Use one of these.",
            )
    return found(**settings.arguments)


def _check_values(estimator: Any) -> None:
    """Have the arguments' values checked now, not minutes later; packages other than scikit-learn may not."""
    check = getattr(estimator, "_validate_params", None)
    if check is None:
        return
    try:
        check()
    except ValueError as error:
        name = str(error).partition("'")[2].partition("'")[0]
        raise ParamsError(
            str(error), where=f"train.arguments.{name}", remedy="Give a value that the message allows."
        ) from error


def _declare_categorical(estimator: Any, settings: EstimatorSettings, count: int) -> None:
    if "categorical_features" in estimator.get_params() and "categorical_features" not in settings.arguments:
        # The encoder puts the categorical columns first.
        estimator.set_params(categorical_features=list(range(count)))
