"""What scores checked rows; every implementation gives the very numbers that `FittedModel.predict` gives."""

from __future__ import annotations

from typing import Protocol

from roadworthy.modelling.online_rows import OnlineRows


class RowScorer(Protocol):
    """Scores rows. May take its time: called in a thread, by one thread at a time."""

    def score(self, rows: OnlineRows) -> list[float]:
        """Return each row's probability of the positive class.

        A row's score is that of `FittedModel.predict` on this row alone, bit for bit, whatever rows are beside it.
        Raises `ValueError` when the model can't take a number, such as one too large for it.
        """
