"""Made-up nights for replays: what the rows mean may change at a night, their looks do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas

from roadworthy.evaluation.gates import Gate, NotWorseGate
from roadworthy.evaluation.values import Metric
from roadworthy.replay.report import DriftSeen
from roadworthy.replay.rows import ReplayRows
from roadworthy.replay.settings import ReplaySettings

START = date(2024, 1, 1)
A_NIGHT = 150
GATES: tuple[Gate, ...] = (NotWorseGate(kind="not_worse", metric=Metric.AUC, margin=0.02),)
QUICK = ReplaySettings(resamples=100)


@dataclass(frozen=True)
class Line:
    """Scores by a line through the means of both classes: Fisher's discriminant of spherical classes."""

    weights: np.ndarray

    def __call__(self, features: pandas.DataFrame) -> np.ndarray:
        """Return each row's probability."""
        return 1 / (1 + np.exp(1 - features.to_numpy() @ self.weights))


def learn_line(features: pandas.DataFrame, labels: np.ndarray) -> Line:
    """Learn from these rows, in a millisecond."""
    values = features.to_numpy()
    return Line(2 * (values[labels == 1].mean(axis=0) - values[labels == 0].mean(axis=0)))


class NoDrift:
    """A drift watch that never sees anything, and remembers what it was told to compare with."""

    def __init__(self) -> None:
        self.references: list[date] = []

    def compare_with_nights_until(self, until: date) -> None:
        """Remember it."""
        self.references.append(until)

    def judge(self, night: date) -> DriftSeen:
        """See nothing."""
        return DriftSeen(verdict="steady")


def nights(count: int, changes_after: int | None = None, without: tuple[int, ...] = (), seed: int = 0) -> ReplayRows:
    """Return so many nights of rows whose label hangs on x, and from the night `changes_after` on on y instead."""
    generator = np.random.default_rng(seed)
    numbers = np.repeat([number for number in range(count) if number not in without], A_NIGHT)
    x, y = generator.normal(size=(2, len(numbers)))
    changed = numbers >= changes_after if changes_after is not None else np.zeros(len(numbers), dtype=bool)
    chance = 1 / (1 + np.exp(1 - 2 * np.where(changed, y, x)))
    labels = (generator.random(len(numbers)) < chance).astype(np.int8)
    days = np.datetime64(START, "D") + numbers.astype("timedelta64[D]")
    return ReplayRows(pandas.DataFrame({"x": x, "y": y}), labels, days)


def day(number: int) -> date:
    """Return the night of that number."""
    return START + timedelta(days=number)
