"""A classifier two-sample test: can a classifier that was trained on other rows tell tonight's from the reference's?

Lopez-Paz and Oquab, Revisiting classifier two-sample tests, ICLR 2017; here by the area under the ROC curve of rows
that the classifier has not seen, which is the Mann-Whitney statistic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.evidence.interface import Reading

Floats = NDArray[np.float64]
_PENALTY = 1.0
"""Of the logistic regression's weights (sklearn's C); embeddings have length 1, and few rows have many columns."""
FEWEST_ROWS = 20
"""Of each sample; with fewer nothing can be learned."""


@dataclass(frozen=True)
class Told:
    """How well tonight's rows are told from the reference's."""

    auc: float
    """0.5 when not at all, 1 when always."""
    reading: Reading
    """(2 AUC − 1)² in its standard deviations, with one degree of freedom; 0 below 0.5."""
    scores: Floats
    """Of each of tonight's rows: how much it looks like tonight, from 0 to 1."""


def tell_apart(tonight: Floats, reference: Floats) -> Told:
    """Train on one half of both samples, score the other half, then the other way round. Nothing is drawn.

    The two halves are every second row: hand in rows in an order that has nothing to do with them.
    """
    # Late imports: start-up time.
    from scipy.stats import rankdata

    if min(len(tonight), len(reference)) < FEWEST_ROWS:
        return Told(0.5, Reading(0.0, 0, 0.0), np.full(len(tonight), 0.5))
    scores = np.empty(len(tonight))
    areas, sizes = [], []
    for half in (0, 1):
        model = _trained(tonight[1 - half :: 2], reference[1 - half :: 2])
        new, old = model(tonight[half::2]), model(reference[half::2])
        scores[half::2] = new
        ranks = rankdata(np.concatenate([new, old]))[: len(new)]
        areas.append((ranks.sum() - len(new) * (len(new) + 1) / 2) / (len(new) * len(old)))
        # The variance of the Mann-Whitney statistic when nothing differs.
        sizes.append(3 * len(new) * len(old) / (len(new) + len(old) + 1))
    auc, size = float(np.average(areas, weights=sizes)), float(sum(sizes))
    return Told(auc, Reading(size * max(0.0, 2 * auc - 1) ** 2, 1, size), scores)


def _trained(tonight: Floats, reference: Floats) -> Callable[[Floats], Floats]:
    from sklearn.linear_model import LogisticRegression

    rows = np.concatenate([tonight, reference])
    labels = np.concatenate([np.ones(len(tonight)), np.zeros(len(reference))])
    model = LogisticRegression(C=_PENALTY, class_weight="balanced", max_iter=200).fit(rows, labels)
    return lambda some: model.predict_proba(some)[:, 1]
