"""The statistics by which nights are compared with a reference."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from roadworthy.drift.comparing import FEWEST_EXPECTED, Floats, comparable_cells
from roadworthy.drift.evidence.interface import Reading


def shape_reading(tonight: Sequence[int] | Floats, reference: Sequence[int] | Floats) -> Reading:
    """Return Pearson's chi-square for two samples of the same cells.

    Of a rest in which too few rows are expected, the smallest cell takes the rows: a single row in a cell that was
    empty would otherwise be all the evidence.
    """
    cells = comparable_cells(tonight, reference)
    new, old = cells.tonight, cells.reference
    rows, past = float(new.sum()), float(old.sum())
    if not rows or not past:
        return Reading(0.0, 0, 0.0)
    if cells.rest and len(new) > 1 and old[-1] * rows / past < FEWEST_EXPECTED:
        smallest = int(np.argmin(old[:-1]))
        new, old = _into(new, smallest), _into(old, smallest)
    both = new + old
    filled = both > 0
    ratio = math.sqrt(past / rows)
    statistic = float((((ratio * new - old / ratio) ** 2)[filled] / both[filled]).sum())
    return Reading(statistic, int(filled.sum()) - 1, rows * past / (rows + past))


def share_reading(part: int, rows: int, reference_part: float, reference_rows: float) -> Reading:
    """Return the squared difference of two shares, in standard deviations, with 1 degree of freedom.

    Of the arcsines of their square roots, whose variance does not depend on the share, also where hardly any row is
    expected (Anscombe, The transformation of Poisson, binomial and negative-binomial data, Biometrika 35, 1948).
    """
    if not rows or not reference_rows:
        return Reading(0.0, 0, 0.0)
    difference = _angle(part, rows) - _angle(reference_part, reference_rows)
    size = 1 / (1 / (rows + 0.5) + 1 / (reference_rows + 0.5))
    return Reading(size * difference**2, 1, size)


def _angle(part: float, rows: float) -> float:
    return 2 * math.asin(math.sqrt((part + 0.375) / (rows + 0.75)))


def _into(counts: Floats, place: int) -> Floats:
    moved = counts[:-1].copy()
    moved[place] += counts[-1]
    return moved
