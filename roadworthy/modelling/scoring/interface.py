"""What scores checked rows; every implementation gives the very numbers that `FittedModel.predict` gives."""

from __future__ import annotations

from typing import Protocol

from roadworthy.modelling.online_rows import OnlineRows


class RowScorer(Protocol):
    """Scores rows. Never called twice at the same time."""

    @property
    def quick_rows(self) -> int:
        """So many rows it scores within about half a millisecond: these need no thread. 0 when one takes longer."""

    def score(self, rows: OnlineRows) -> list[float]:
        """Return each row's probability of the positive class.

        A row's score is that of `FittedModel.predict` on this row alone, bit for bit, whatever rows are beside it.
        Raises `ValueError` when the model can't take a number, such as one too large for it.
        """
