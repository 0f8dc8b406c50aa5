"""Scores one text at a time with a linear model of texts, without a frame: for guards, in about a millisecond."""

# Late imports: start-up time.
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from roadworthy.errors import IntegrityError
from roadworthy.modelling.fitted_model import FittedModel

if TYPE_CHECKING:
    import numpy


@dataclass(frozen=True)
class _Half:
    """One way in which the text becomes numbers, with the model's weights for them."""

    vectorizer: Any
    weights: numpy.ndarray

    def sum(self, text: str) -> float:
        row = self.vectorizer.transform([text])
        return float(row.data @ self.weights[row.indices])


@dataclass(frozen=True)
class TextScorer:
    """A linear model of one column of text; gives what its pipeline gives."""

    halves: tuple[_Half, ...]
    intercept: float

    def score(self, text: str) -> float:
        """Return the probability of the positive class, between 0 and 1."""
        value = sum((half.sum(text) for half in self.halves), self.intercept)
        # The logistic function; written so that neither end overflows.
        return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))


def text_scorer(model: FittedModel) -> TextScorer:
    """Take the model apart. Raises `IntegrityError` unless it is a logistic regression of one column of text."""
    from sklearn.linear_model import LogisticRegression

    estimator = model.estimator.named_steps["estimator"]
    if [feature.kind for feature in model.schema.features] != ["text"] or not isinstance(estimator, LogisticRegression):
        raise IntegrityError(
            "the model is no logistic regression of one column of text",
            where="schema.json and model/model.skops",
            remedy="load the release of a capability that has one text feature and this estimator",
        )
    columns = model.estimator.named_steps["columns"]
    vectorizers = [part for _, part, names in columns.transformers_ if isinstance(names, str) and part != "drop"]
    weights, halves, place = estimator.coef_[0], [], 0
    for vectorizer in vectorizers:
        halves.append(_Half(vectorizer, weights[place : place + vectorizer.n_features].copy()))
        place += vectorizer.n_features
    return TextScorer(tuple(halves), float(estimator.intercept_[0]))
