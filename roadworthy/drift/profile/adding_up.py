"""Adds numbers up exactly: how many are up to each end of the bins, and the sums of their whole units and squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FARTHEST = 2**19
"""Units from the origin: the sum of `_EXACT` squares is at most 2^53, where floats are still whole numbers."""
_EXACT = 2**15
"""So many squares add up exactly."""
_PIECE = 2 * _EXACT
"""So many values are looked at together: they fit into a processor's cache."""
_NARROW = 2**12
"""Whole numbers of a narrower range are first counted each; then there is little left to add up."""

Ends = Sequence[Any]
"""The upper ends of the bins, sorted; Python's or numpy's numbers."""


@dataclass(frozen=True)
class Unit:
    """The unit in which distances are added up."""

    origin: float
    exponent: int
    """It is 2 to this power."""

    def distances(self, values: NDArray[Any], space: NDArray[np.float64]) -> NDArray[np.float64]:
        """Write the values' distances from the origin to `space`, in whole units."""
        with np.errstate(over="ignore"):
            np.subtract(values, self.origin, out=space)
            np.multiply(space, math.ldexp(1.0, -self.exponent), out=space)
        np.rint(space, out=space)
        return np.clip(space, -_FARTHEST, _FARTHEST, out=space)


@dataclass(frozen=True)
class Sums:
    """What values add up to."""

    up_to: tuple[int, ...]
    """How many are at most each end."""
    total: int = 0
    """The sum of their distances, in units."""
    squares: int = 0
    """The sum of the squares of these."""

    def plus(self, other: Sums) -> Sums:
        """Return what both parts' values add up to."""
        up_to = tuple(one + more for one, more in zip(self.up_to, other.up_to, strict=True))
        return Sums(up_to, self.total + other.total, self.squares + other.squares)


def add_up(values: NDArray[Any], ends: Ends, unit: Unit) -> Sums:
    """Add up finite values, whichever way is the fastest: all give the same."""
    pieces = (values[start : start + _PIECE] for start in range(0, len(values), _PIECE))
    return reduce(Sums.plus, (_add_piece(one, ends, unit) for one in pieces), Sums((0,) * len(ends)))


def _add_piece(piece: NDArray[Any], ends: Ends, unit: Unit) -> Sums:
    low, high = piece.min(), piece.max()
    if piece.dtype.kind in "iu" and int(high) - int(low) < min(_NARROW, len(piece)):
        return _add_narrow(piece, int(low), ends, unit)
    # Comparing with each end is several times faster than searching for the bin of each value.
    up_to = tuple(
        0 if end < low else len(piece) if end >= high else int(np.count_nonzero(piece <= end)) for end in ends
    )
    units = unit.distances(piece, np.empty(len(piece)))
    parts = (units[:_EXACT], units[_EXACT:])
    return Sums(up_to, int(units.sum()), sum(int(np.dot(one, one)) for one in parts))


def _add_narrow(piece: NDArray[Any], low: int, ends: Ends, unit: Unit) -> Sums:
    """Add up whole numbers of which few differ."""
    rows = np.bincount(np.subtract(piece, low, dtype=np.int64))
    up_to = np.concatenate(([0], np.cumsum(rows)))
    places = (max(0, min(len(rows), math.floor(end) - low + 1)) for end in ends)
    units = unit.distances(np.arange(low, low + len(rows)), np.empty(len(rows))).astype(np.int64)
    return Sums(
        tuple(int(up_to[place]) for place in places), int(np.dot(units, rows)), int(np.dot(units * units, rows))
    )
