"""Scores one text at a time with a linear model of texts, without a frame: for guards, in about a millisecond."""

# Late imports: start-up time.
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from roadworthy.errors import IntegrityError
from roadworthy.modelling.fitted_model import FittedModel

if TYPE_CHECKING:
    import numpy


@dataclass(frozen=True)
class _Half:
    """One way in which the text becomes numbers, with the model's weights for them."""

    analyze: Callable[[str], Sequence[str]]
    hasher: Any
    weights: numpy.ndarray

    def sum(self, text: str) -> float:
        # What the vectorizer does, without its checks and its wrappers, which take as long again; and what occurs
        # several times is hashed once.
        row = self.hasher.transform([Counter(self.analyze(text))])
        length = math.sqrt(row.data @ row.data)
        return float(row.data @ self.weights[row.indices]) / length if length else 0.0


@dataclass(frozen=True)
class TextScorer:
    """A linear model of one column of text; gives what its pipeline gives, but for the last digits."""

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
        raise _not_known("the model is no logistic regression of one column of text")
    columns = model.estimator.named_steps["columns"]
    vectorizers = [part for _, part, names in columns.transformers_ if isinstance(names, str) and part != "drop"]
    weights, halves, place = estimator.coef_[0], [], 0
    for vectorizer in vectorizers:
        halves.append(_half(vectorizer, weights[place : place + vectorizer.n_features].copy()))
        place += vectorizer.n_features
    return TextScorer(tuple(halves), float(estimator.intercept_[0]))


def _half(vectorizer: Any, weights: numpy.ndarray) -> _Half:
    from sklearn.feature_extraction import FeatureHasher

    if vectorizer.norm != "l2" or vectorizer.binary:
        raise _not_known("the text is not counted and brought to length 1")
    known = {"dtype": vectorizer.dtype, "alternate_sign": vectorizer.alternate_sign}
    return _Half(vectorizer.build_analyzer(), FeatureHasher(vectorizer.n_features, input_type="dict", **known), weights)


def _not_known(problem: str) -> IntegrityError:
    return IntegrityError(
        problem,
        where="schema.json and model/model.skops",
        remedy="load the release of a capability that has one text feature and this estimator",
    )
