"""Scores one text at a time with a linear model of texts, without a frame: for guards, in less than a millisecond."""

# Late imports: start-up time.
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from roadworthy.errors import IntegrityError
from roadworthy.modelling.fitted_model import FittedModel
from roadworthy.modelling.hashed_runs import RunHasher, hashes_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from roadworthy.modelling.hashed_runs import Hashes


@dataclass(frozen=True)
class _Half:
    """One way in which the text becomes numbers, with the model's weights for them."""

    hashes: Callable[[str], Hashes]
    """Of each run of a text, as often as it occurs."""
    weights: NDArray[np.float64]
    signed: bool
    """Whether the sign of its hash is the sign with which a run counts."""

    def sum(self, text: str) -> float:
        """Return what the vectorizer and the weights make of `text`: its counts, brought to length 1, times weights."""
        import numpy as np

        hashed = np.abs(signs := self.hashes(text).view(np.int32)).view(np.uint32) % np.uint32(len(self.weights))
        # The column and, in the last bit, the sign: so one quick sort brings together what is counted together.
        ordered = np.sort(hashed << 1 | (signs < 0)) if self.signed else np.sort(hashed << 1)
        if not len(ordered):
            return 0.0
        columns = ordered >> 1
        starts = np.flatnonzero(np.diff(columns, prepend=columns[0] + 1))
        counts = np.add.reduceat(1.0 - 2.0 * (ordered & 1), starts)
        length = math.sqrt(counts @ counts)
        return float(counts @ self.weights[columns[starts]]) / length if length else 0.0


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


def _half(vectorizer: Any, weights: NDArray[np.float64]) -> _Half:
    if vectorizer.norm != "l2" or vectorizer.binary:
        raise _not_known("the text is not counted and brought to length 1")
    return _Half(_hashing(vectorizer), weights, vectorizer.alternate_sign)


def _hashing(vectorizer: Any) -> Callable[[str], Hashes]:
    """Return what hashes a text's runs: all of them at once where that is known, else one by one."""
    analyze = vectorizer.build_analyzer()
    least, most = vectorizer.ngram_range
    known = vectorizer.lowercase and vectorizer.strip_accents is None and vectorizer.preprocessor is None
    if vectorizer.analyzer != "char_wb" or least > 3 or not known:
        return lambda text: hashes_of(analyze(text))
    runs = RunHasher(least, most)

    def hashes(text: str) -> Hashes:
        import numpy as np

        words = text.lower().split()
        plain = [word for word in words if word.isascii()]
        if len(plain) == len(words):
            return runs.hashes(plain)
        # Runs stand within words, so that those of other alphabets can be taken apart by themselves.
        others = analyze(" ".join(word for word in words if not word.isascii()))
        return np.concatenate([runs.hashes(plain), hashes_of(others)])

    return hashes


def _not_known(problem: str) -> IntegrityError:
    return IntegrityError(
        problem,
        where="schema.json and model/model.skops",
        remedy="load the release of a capability that has one text feature and this estimator",
    )
