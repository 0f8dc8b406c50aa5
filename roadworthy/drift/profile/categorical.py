"""Categorical columns: exact counts of the reference's categories, and of as many new ones as are kept.

Which new categories are kept is decided by a hash of their names, so that every partition keeps the same ones and their
counts are exact after any merging: bottom-k sampling (Cohen and Kaplan, Summarizing data using bottom-k sketches, PODC
2007). A list of the most frequent could not be merged exactly.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

MOST_NEWCOMERS = 1000
LONGEST_NAME = 200
"""Characters; longer categories are told apart by these alone."""
_REALS = ("FLOAT", "DOUBLE")


class Newcomer(BaseModel):
    """A category that the layout does not list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: str
    count: int


class CategoricalProfile(BaseModel):
    """What was counted of a categorical column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["categorical"] = "categorical"
    rows: int
    missing: int = 0
    absent: int = 0
    """Rows of files that have no such column."""
    listed: tuple[int, ...]
    """Rows of each of the layout's categories."""
    unlisted: int = 0
    """Rows of all other categories."""
    complete: bool
    """Whether the layout lists every category of the reference, so that an unlisted one is new."""
    newcomers: tuple[Newcomer, ...] = ()
    """Unlisted categories: all of them, or the thousand whose names have the smallest hashes; by hash."""

    @property
    def usable(self) -> int:
        """Rows with a category."""
        return sum(self.listed) + self.unlisted

    @property
    def unseen(self) -> int:
        """Rows of categories that the reference had not; 0 when it had more than the layout lists."""
        return self.unlisted if self.complete else 0

    @property
    def cells(self) -> tuple[int, ...]:
        """The listed categories, then all others."""
        return (*self.listed, self.unlisted)

    def merge(self, other: Self) -> Self:
        """Return the profile of both parts' rows."""
        counts = Counter({one.category: one.count for one in self.newcomers})
        counts.update({one.category: one.count for one in other.newcomers})
        return type(self)(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            absent=self.absent + other.absent,
            listed=tuple(a + b for a, b in zip(self.listed, other.listed, strict=True)),
            unlisted=self.unlisted + other.unlisted,
            complete=self.complete,
            newcomers=_kept(counts),
        )

    def naming(self, name_of: Callable[[Newcomer], str | None]) -> Self:
        """Return the profile with its new categories named otherwise: those named alike are one, those of None none."""
        counts = Counter[str]()
        for one in self.newcomers:
            name = name_of(one)
            if name is not None:
                counts[name] += one.count
        return self.model_copy(update={"newcomers": _kept(counts)})


class CategoricalLayout(BaseModel):
    """A categorical column's categories."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["categorical"] = "categorical"
    name: str
    categories: tuple[str, ...]
    """The reference's most frequent ones, these first."""
    complete: bool
    """Whether these are all that the reference had."""

    @property
    def cell_names(self) -> tuple[str, ...]:
        """The categories, and a name for all others."""
        return (*self.categories, "new" if self.complete else "others")

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each category is counted."""
        return {category: place for place, category in enumerate(self.categories)}

    def expression(self, column: str, type_name: str) -> str:
        """Return SQL that makes a text of the column; whole numbers are written alike, 3 and 3.0."""
        if type_name == "VARCHAR":
            return column
        if type_name.startswith("TIMESTAMP WITH"):
            # As text it would follow the machine's time zone.
            return f"({column} AT TIME ZONE 'UTC')::VARCHAR"
        if type_name in _REALS:
            whole = f"coalesce(try_cast({column} AS HUGEINT)::VARCHAR, {column}::VARCHAR)"
            # Not isnan: DuckDB 2.0 concludes from a Parquet file's statistics, which leave NaN out, that there is none.
            condition = f"isfinite({column}) AND {column} = trunc({column})"
            return f"CASE WHEN {condition} THEN {whole} ELSE nullif({column}::VARCHAR, 'nan') END"
        return f"{column}::VARCHAR"

    def absent(self, rows: int) -> CategoricalProfile:
        """Return the profile of rows that have no such column."""
        return CategoricalProfile(rows=rows, absent=rows, listed=(0,) * len(self.categories), complete=self.complete)

    def count(self, rows_of: Mapping[str | None, int]) -> CategoricalProfile:
        """Count the rows of each category; those of None are missing."""
        listed, others = [0] * len(self.categories), Counter[str]()
        for name, rows in rows_of.items():
            if name is None:
                continue
            category = name[:LONGEST_NAME]
            place = self.places.get(category)
            if place is None:
                others[category] += rows
            else:
                listed[place] += rows
        return CategoricalProfile(
            rows=sum(rows_of.values()),
            missing=rows_of.get(None, 0),
            listed=tuple(listed),
            unlisted=others.total(),
            complete=self.complete,
            newcomers=_kept(others),
        )


def _kept(counts: Counter[str]) -> tuple[Newcomer, ...]:
    ranked = sorted(counts, key=lambda category: (zlib.crc32(category.encode()), category))
    return tuple(Newcomer(category=one, count=counts[one]) for one in ranked[:MOST_NEWCOMERS])
