"""Predictions and labels that come late, brought together in cohorts: the nights in which the events were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from roadworthy.errors import DataError
from roadworthy.evaluation.metrics import Floats

Keys = NDArray[np.generic]
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Predictions:
    """What a model said, a row each: all three of the shape (rows,)."""

    keys: Keys
    """What names the row; of a key that comes twice the first prediction counts."""
    nights: Times
    """The event's own day, as datetime64[D]."""
    scores: Floats


@dataclass(frozen=True)
class LateLabels:
    """What came true, a row each, in any order: all three of the shape (labels,)."""

    keys: Keys
    values: NDArray[np.generic]
    """1 positive, 0 negative."""
    arrived: Times
    """When it became known. Of a key that comes twice the last to arrive counts: it is a correction."""


@dataclass(frozen=True)
class Cohort:
    """One night's events: the scores, and the labels as far as they have come."""

    night: date
    scores: Floats
    labels: Floats
    """1, 0, or NaN where none has come."""

    @property
    def arrived(self) -> float:
        """The share of the events whose label has come."""
        return float(np.isfinite(self.labels).mean())


@dataclass(frozen=True)
class Joined:
    """The cohorts in order, and what did not fit."""

    cohorts: tuple[Cohort, ...]
    repeated: int
    """Predictions of a key that was predicted before."""
    strangers: int
    """Labels of keys that were never predicted."""
    corrected: int
    """Labels that came again, after which the last one counts."""


def cohorts_at(predictions: Predictions, labels: LateLabels, at: datetime) -> Joined:
    """Return the cohorts as they were known at the moment `at`, each by its event's night, never by a label's.

    Labels that arrived later do not exist yet. Raises `DataError` for lengths that differ and labels that are neither
    0 nor 1.
    """
    _check(predictions, labels)
    keys, first = np.unique(predictions.keys, return_index=True)
    nights, scores = predictions.nights[first].astype("datetime64[D]"), predictions.scores[first]
    known = labels.arrived <= np.datetime64(at.replace(tzinfo=None), "us")
    order = np.argsort(labels.arrived[known], kind="stable")
    came, values = labels.keys[known][order], labels.values[known][order].astype(np.float64)
    place = np.minimum(np.searchsorted(keys, came), max(len(keys) - 1, 0))
    ours = keys[place] == came if len(keys) else np.zeros(len(came), dtype=bool)
    outcomes = np.full(len(keys), np.nan)
    # In the order of their arrival, so that the last one stays.
    outcomes[place[ours]] = values[ours]
    return Joined(
        cohorts=tuple(
            Cohort(night.item(), scores[nights == night], outcomes[nights == night]) for night in np.unique(nights)
        ),
        repeated=len(predictions.keys) - len(keys),
        strangers=int((~ours).sum()),
        corrected=int(ours.sum()) - len(np.unique(place[ours])),
    )


def _check(predictions: Predictions, labels: LateLabels) -> None:
    if len({len(predictions.keys), len(predictions.nights), len(predictions.scores)}) > 1:
        raise DataError("keys, nights and scores differ in length", where="predictions", remedy="give one a row")
    if len({len(labels.keys), len(labels.values), len(labels.arrived)}) > 1:
        raise DataError("keys, values and times differ in length", where="labels", remedy="give one a row")
    if not np.isin(labels.values, (0, 1)).all():
        raise DataError("a label is neither 0 nor 1", where="labels", remedy="give 1 for positive, 0 for negative")
