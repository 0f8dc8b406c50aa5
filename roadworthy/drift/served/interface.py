"""What the gateway needs of a counter: somebody who takes predicted rows after they were answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from roadworthy.drift.served.counting import RowCounter
    from roadworthy.modelling.online_values import Value

COUNTED = Path("telemetry", "counted")
"""Where processes write what they counted, below HOME."""


@dataclass(frozen=True)
class PredictedRows:
    """Rows of one request, as they were predicted."""

    capability: str
    release: int
    digest: str
    at: datetime
    """When the request came, in UTC."""
    counter: RowCounter
    columns: Sequence[Sequence[Value]]
    """In the schema's order."""
    scores: Sequence[float]


class Counting(Protocol):
    """Counts rows that were predicted."""

    def note(self, rows: PredictedRows) -> None:
        """Take rows; returns at once, never raises."""

    def close(self) -> None:
        """Write what is held."""


class NotCounting:
    """Counts nothing; the night's report then says that nothing was counted."""

    def note(self, rows: PredictedRows) -> None:
        """Leave the rows alone."""

    def close(self) -> None:
        """There is nothing to write."""
