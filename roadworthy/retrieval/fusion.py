"""Reciprocal rank fusion: several rankings of the same passages become one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roadworthy.retrieval.scoring import Scores


def fused(scorings: Sequence[Scores], k: int) -> NDArray[np.float64]:
    """Return for each passage the sum of 1 / (k + its rank) over the scorings, ranks from 1.

    Cormack, Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet and individual rank learning methods,
    SIGIR 2009.
    """
    total = np.zeros(scorings[0].shape, dtype=np.float64)
    for scores in scorings:
        total += 1.0 / (k + _ranks(scores))
    return total


def _ranks(scores: Scores) -> NDArray[np.float64]:
    """Passages with equal scores share the mean of their ranks: where they stand in the index is no evidence."""
    _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    shared: NDArray[np.float64] = (last - (sizes - 1) / 2)[group]
    return shared
