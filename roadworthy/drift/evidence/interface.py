"""What evidence is: a statistic of tonight against the reference, and what says how surprising it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Basis(StrEnum):
    """On what a p-value rests."""

    ROWS = "rows"
    """Rows were taken to be independent, of each other and over nights."""
    NIGHTS = "nights"
    """Tonight was compared with the nights of the reference, whatever ties the rows of a night together."""


@dataclass(frozen=True)
class Reading:
    """How far one night lies from the reference, in one aspect of one column."""

    statistic: float
    """A sum of squares that is chi-square distributed when rows are independent."""
    freedom: int
    """Its degrees of freedom; 0 when there is nothing to compare."""
    size: float
    """The inverse of 1 / rows + 1 / reference rows: tonight's rows, where the reference has many more."""


class Evidence(Protocol):
    """Says how surprising a reading is."""

    @property
    def basis(self) -> Basis:
        """On what it rests."""

    def p_value(self, reading: Reading) -> float:
        """Return the probability of a reading at least as large when nothing has changed."""
