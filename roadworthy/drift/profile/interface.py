"""What every column's profile tells, whatever the kind of column."""

from __future__ import annotations

from typing import Protocol, Self


class ColumnProfile(Protocol):
    """What was counted of one column in some rows.

    Merging adds exact integers, so that it is associative and commutative to the last bit.
    """

    @property
    def rows(self) -> int:
        """All rows, those without a value among them."""

    @property
    def usable(self) -> int:
        """Rows with a value that the column's kind allows."""

    @property
    def unseen(self) -> int:
        """Usable values that the reference never showed: outside its range, or in no category of it."""

    @property
    def cells(self) -> tuple[int, ...]:
        """Usable values by the layout's cells, in its order; they add up to `usable`."""

    def merge(self, other: Self) -> Self:
        """Return the profile of both parts' rows. Both have to be of one layout."""


class ColumnLayout(Protocol):
    """Into which cells a column's values are counted; it comes from the reference and never changes for a night."""

    @property
    def name(self) -> str:
        """The column's name in the table."""

    @property
    def cell_names(self) -> tuple[str, ...]:
        """How people call the cells."""

    def expression(self, column: str, type_name: str) -> str:
        """Return SQL that makes a value of this kind of a column with this DuckDB type; NULL where it can't be one."""

    def absent(self, rows: int) -> ColumnProfile:
        """Return the profile of rows that have no such column."""
