"""Numeric columns: bins and moments that add up exactly.

Sums of floats depend on their order, and so would Chan's merge of means and variances (Chan, Golub and LeVeque,
Algorithms for computing the sample variance, The American Statistician 37, 1983). So moments are sums of whole numbers:
each value in units of a power of two that comes from the reference, rounded, and kept within half a million units.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from roadworthy.drift.profile.adding_up import Unit, add_up

if TYPE_CHECKING:
    import pyarrow

_NATIVE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "FLOAT", "DOUBLE"}
_TIMES = ("DATE", "TIMESTAMP")


class NumericProfile(BaseModel):
    """What was counted of a numeric column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["numeric"] = "numeric"
    rows: int
    missing: int = 0
    absent: int = 0
    """Rows of files that have no such column."""
    unreadable: int = 0
    """Something that is no number."""
    not_finite: int = 0
    """NaN and the infinities."""
    bins: tuple[int, ...]
    """Values below the reference's range, in each of its bins, above its range."""
    total: int = 0
    """The sum of the values' distances from the layout's origin, in its units."""
    squares: int = 0
    """The sum of the squares of these distances."""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def usable(self) -> int:
        """Finite values."""
        return sum(self.bins)

    @property
    def unseen(self) -> int:
        """Values outside the reference's range."""
        return self.bins[0] + self.bins[-1]

    @property
    def cells(self) -> tuple[int, ...]:
        """The bins, the outermost with what lies beyond them; one cell where the reference had no value."""
        below, *inner, above = self.bins
        if not inner:
            return (below + above,)
        inner[0] += below
        inner[-1] += above
        return tuple(inner)

    def merge(self, other: Self) -> Self:
        """Return the profile of both parts' rows."""
        return type(self)(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            absent=self.absent + other.absent,
            unreadable=self.unreadable + other.unreadable,
            not_finite=self.not_finite + other.not_finite,
            bins=tuple(a + b for a, b in zip(self.bins, other.bins, strict=True)),
            total=self.total + other.total,
            squares=self.squares + other.squares,
            minimum=min((one for one in (self.minimum, other.minimum) if one is not None), default=None),
            maximum=max((one for one in (self.maximum, other.maximum) if one is not None), default=None),
        )


class NumericLayout(BaseModel):
    """A numeric column's bins and units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["numeric"] = "numeric"
    name: str
    lengths: bool = False
    """Count how long texts are, in characters, instead of numbers."""
    lowest: float | None
    """The reference's smallest value; None when it had none."""
    edges: tuple[float, ...]
    """Upper ends of the bins, which belong to them: quantiles of the reference, the last its largest value."""
    origin: float = 0.0
    exponent: int = 0
    """The unit of moments is 2 to this power."""

    @property
    def cell_names(self) -> tuple[str, ...]:
        """The bins as intervals."""
        if self.lowest is None:
            return ("any value",)
        lows = (self.lowest, *self.edges[:-1])
        return tuple(f"{low:.10g} to {high:.10g}" for low, high in zip(lows, self.edges, strict=True))

    def is_plain(self, type_name: str) -> bool:
        """Whether values of this DuckDB type are counted as they are."""
        return not self.lengths and type_name in _NATIVE

    def expression(self, column: str, type_name: str) -> str:
        """Return SQL that makes a number of the column: as it is, seconds since 1970 of times, a text's length."""
        if self.lengths:
            return f"length({column}::VARCHAR)"
        if self.is_plain(type_name):
            return column
        if type_name == "BOOLEAN":
            return f"{column}::TINYINT"
        if type_name.startswith(_TIMES):
            return f"epoch({column})::DOUBLE"
        return f"try_cast({column}::VARCHAR AS DOUBLE)"

    def absent(self, rows: int) -> NumericProfile:
        """Return the profile of rows that have no such column."""
        return NumericProfile(rows=rows, absent=rows, bins=(0,) * (len(self.edges) + 2))

    def count(self, values: pyarrow.Array, unreadable: int = 0) -> NumericProfile:
        """Count numbers, of which NULLs are missing but for `unreadable` of them."""
        nulls = values.null_count
        # Not to_numpy, which imports pandas.
        numbers: NDArray[Any] = np.from_dlpack(values.drop_null() if nulls else values)
        finite = finite_numbers(numbers)
        sums = add_up(finite, upper_ends(self.lowest, self.edges, finite.dtype), Unit(self.origin, self.exponent))
        bins = np.diff([0, *sums.up_to, len(finite)]) if sums.up_to else (len(finite), 0)
        return NumericProfile(
            rows=len(values),
            missing=nulls - unreadable,
            unreadable=unreadable,
            not_finite=len(numbers) - len(finite),
            bins=tuple(int(one) for one in bins),
            total=sums.total,
            squares=sums.squares,
            # Adding 0 makes -0 to 0: which of them came first must not show.
            minimum=float(finite.min()) + 0.0 if len(finite) else None,
            maximum=float(finite.max()) + 0.0 if len(finite) else None,
        )

    def moments(self, profile: NumericProfile) -> tuple[float, float]:
        """Return mean and variance (of the population) in the column's own unit; NaN where there is no value."""
        if not profile.usable:
            return math.nan, math.nan
        unit, count = math.ldexp(1.0, self.exponent), profile.usable
        mean = profile.total / count
        spread = (profile.squares * count - profile.total**2) / count**2
        return self.origin + unit * mean, unit**2 * spread


def finite_numbers(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return the finite ones; those that are not whole as float64."""
    if numbers.dtype.kind != "f":
        return numbers
    numbers = numbers.astype(np.float64, copy=False)
    finite = np.isfinite(numbers)
    return numbers if finite.all() else numbers[finite]


def upper_ends(lowest: float | None, edges: tuple[float, ...], dtype: np.dtype[Any]) -> list[Any]:
    """Return the upper ends of the bins, below the range first, as the values' own type where that is exact."""
    if lowest is None:
        return []
    ends = [math.nextafter(lowest, -math.inf), *edges]
    if dtype.kind == "f":
        return ends
    limits = np.iinfo(dtype)
    whole = [math.floor(end) for end in ends]
    return [dtype.type(one) if limits.min <= one <= limits.max else float(one) for one in whole]
