"""Counts the parts of a numeric column, such as nights, in one go; each as if it were counted alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.profile.adding_up import Unit
from roadworthy.drift.profile.numeric import NumericLayout, NumericProfile, finite_numbers, upper_ends

if TYPE_CHECKING:
    import pyarrow

MOST_ROWS = 2**17
"""Squares of distances are at most 2^38: those of so many rows add up within 64 bits."""
_NARROW = 2**12
"""Whole numbers of a narrower range find what belongs to them in a table."""


@dataclass(frozen=True)
class _Values:
    """Finite values, one part after another."""

    numbers: NDArray[Any]
    part_of: NDArray[np.int64]
    """The part of each."""
    starts: NDArray[np.int64]
    """Where each part begins, and then where the last one ends; shape (parts + 1,)."""
    not_finite: NDArray[np.int64]
    """How many of each part's values are NaN or infinite; shape (parts,)."""

    def sums(self, of_each: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add up a whole number of each value, by part; shape (parts,)."""
        up_to = np.concatenate(([0], np.cumsum(of_each, dtype=np.int64)))
        return np.diff(up_to[self.starts])

    def of_numbers(self, table: Any) -> NDArray[Any]:
        """Apply a function of arrays to the numbers: to each possible one, where fewer of them are possible."""
        numbers = self.numbers
        if numbers.dtype.kind in "iu" and len(numbers):
            low, high = int(numbers.min()), int(numbers.max())
            if high - low < min(_NARROW, len(numbers)):
                possible = np.arange(low, high + 1).astype(numbers.dtype)
                return table(possible)[np.subtract(numbers, low, dtype=np.int64)]  # type: ignore[no-any-return]
        return table(numbers)  # type: ignore[no-any-return]


def count_parts(
    column: NumericLayout, values: pyarrow.Array, sizes: Sequence[int], unreadable: Sequence[int]
) -> list[NumericProfile]:
    """Count parts of so many rows, which lie one after another: at most `MOST_ROWS` together, none of them empty.

    NULLs are missing, but for `unreadable` of them in each part.
    """
    missing, found = _read(values, np.asarray(sizes))
    bins = _bins(column, found)
    units = found.of_numbers(lambda numbers: _units(column, numbers))
    totals, squares = found.sums(units), found.sums(units * units)
    least, most = _extremes(found)
    return [
        NumericProfile(
            rows=rows,
            missing=int(missing[part]) - unreadable[part],
            unreadable=unreadable[part],
            not_finite=int(found.not_finite[part]),
            bins=tuple(bins[part].tolist()),
            total=int(totals[part]),
            squares=int(squares[part]),
            minimum=least[part],
            maximum=most[part],
        )
        for part, rows in enumerate(sizes)
    ]


def _read(values: pyarrow.Array, sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], _Values]:
    """Return how many NULLs each part has, and its finite values."""
    parts = len(sizes)
    part_of = np.repeat(np.arange(parts), sizes)
    missing = np.zeros(parts, dtype=np.int64)
    if values.null_count:
        # Not to_numpy, which imports pandas.
        present = np.from_dlpack(values.is_valid().cast("uint8")).astype(bool)
        missing = np.bincount(part_of[~present], minlength=parts)
        values, part_of = values.drop_null(), part_of[present]
    numbers: NDArray[Any] = np.from_dlpack(values)
    finite = finite_numbers(numbers)
    not_finite = np.zeros(parts, dtype=np.int64)
    if len(finite) < len(numbers):
        kept = np.isfinite(numbers)
        not_finite = np.bincount(part_of[~kept], minlength=parts)
        part_of = part_of[kept]
    starts = np.searchsorted(part_of, np.arange(parts + 1))
    return missing, _Values(finite, part_of, starts, not_finite)


def _bins(column: NumericLayout, found: _Values) -> NDArray[np.int64]:
    """Count each part's values in each bin; shape (parts, bins)."""
    dtype = found.numbers.dtype
    ends = upper_ends(column.lowest, column.edges, dtype)
    # Ends that no number of this type reaches: those below come first, those above last.
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    below = sum(bool(end < limits.min) for end in ends)
    reached = np.array([end for end in ends if limits.min <= end <= limits.max], dtype=dtype)
    places = found.of_numbers(lambda numbers: below + np.searchsorted(reached, numbers))
    bins = max(2, len(ends) + 1)
    parts = len(found.starts) - 1
    return np.bincount(found.part_of * bins + places, minlength=parts * bins).reshape(parts, bins)


def _units(column: NumericLayout, numbers: NDArray[Any]) -> NDArray[np.int64]:
    unit = Unit(column.origin, column.exponent)
    return unit.distances(numbers, np.empty(len(numbers))).astype(np.int64)


def _extremes(found: _Values) -> tuple[list[float | None], list[float | None]]:
    """Return each part's smallest and largest value; None where it has none."""
    some = np.flatnonzero(np.diff(found.starts))
    least: list[float | None] = [None] * (len(found.starts) - 1)
    most = least.copy()
    if len(some):
        for kept, extreme in ((least, np.minimum), (most, np.maximum)):
            for part, value in zip(some.tolist(), extreme.reduceat(found.numbers, found.starts[some]), strict=True):
                # Adding 0 makes -0 to 0: which of them came first must not show.
                kept[part] = float(value) + 0.0
    return least, most
