"""All rows of a capability in the order of time, and which night each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from roadworthy.evaluation.metrics import Floats

if TYPE_CHECKING:
    import pandas

Places = NDArray[np.intp]


@dataclass(frozen=True)
class ReplayRows:
    """Rows with labels: features as a frame, the others of the shape (rows,), sorted by night."""

    features: pandas.DataFrame
    labels: NDArray[np.int8]
    nights: NDArray[np.datetime64]
    """The event's own day, as datetime64[D], rising."""

    @property
    def first(self) -> date:
        """The first night that has rows."""
        night: date = self.nights[0].item()
        return night

    @property
    def last(self) -> date:
        """The last night that has rows."""
        night: date = self.nights[-1].item()
        return night

    def within(self, first: date, last: date) -> Places:
        """Return the places of the rows of these nights, both included."""
        start, end = np.datetime64(first, "D"), np.datetime64(last, "D")
        return np.arange(np.searchsorted(self.nights, start), np.searchsorted(self.nights, end, side="right"))


class Scorer(Protocol):
    """A model that has learned."""

    def __call__(self, features: pandas.DataFrame) -> Floats:
        """Return each row's probability of the positive class."""


class Learner(Protocol):
    """Learns a model from rows."""

    def __call__(self, features: pandas.DataFrame, labels: NDArray[np.int8]) -> Scorer:
        """Learn from these rows."""
