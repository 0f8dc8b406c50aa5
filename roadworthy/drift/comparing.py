"""Puts tonight's cells beside the reference's, so that sparse ones do not make noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_EXPECTED = 5.0
"""Rows that the reference leads to expect in a cell that is looked at by itself (Cochran, Some methods for
strengthening the common chi-square tests, Biometrics 10, 1954)."""
MOST_CELLS = 32


@dataclass(frozen=True)
class Cells:
    """Counts of the same cells, tonight and in the reference."""

    tonight: Floats
    reference: Floats
    rest: bool
    """Whether the last cell is all that was too rare to be looked at by itself."""


def comparable_cells(tonight: Sequence[int] | Floats, reference: Sequence[int] | Floats) -> Cells:
    """Return the cells in which the reference leads to expect enough rows, at most `MOST_CELLS`, then the rest as one.

    Which these are depends on tonight's size alone, not on where its rows fell.
    """
    new, old = np.asarray(tonight, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    expected = old * (new.sum() / max(old.sum(), 1.0))
    kept = expected >= FEWEST_EXPECTED
    if kept.sum() > MOST_CELLS:
        largest = np.argsort(-old, kind="stable")[:MOST_CELLS]
        kept &= np.isin(np.arange(len(old)), largest)
    if kept.all():
        return Cells(new, old, rest=False)
    return Cells(_pooled(new, kept), _pooled(old, kept), rest=True)


def shares(counts: Floats) -> Floats:
    """Return each cell's share, with half a row more in each, so that none is 0.

    Jeffreys' prior; without it one row where there was none would make the population stability index infinite.
    """
    smoothed: Floats = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    return smoothed


def _pooled(counts: Floats, kept: NDArray[np.bool_]) -> Floats:
    return np.append(counts[kept], counts[~kept].sum())
