"""Embeddings beside those of the reference by the classifier two-sample test, with evidence beside nights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.evidence.historical import FEWEST_NIGHTS, HistoricalNights
from roadworthy.drift.evidence.independent import IndependentRows
from roadworthy.drift.evidence.interface import Basis, Evidence
from roadworthy.drift.kinds.interface import State
from roadworthy.drift.kinds.two_samples import tell_apart

Floats = NDArray[np.float64]
_MOST_ROWS = 400
"""Of each sample: enough to tell an AUC of .6, and quick."""
_NEIGHBOURS = 7
"""Nights so near are left out of what a night of the reference is compared with; see `baseline`."""
_LIMITS = {Basis.NIGHTS: 0.65, Basis.ROWS: 0.75}
"""From which AUC on a difference matters; normal distributions half a standard deviation apart have .64, one, .76."""


@dataclass(frozen=True)
class Difference:
    """How tonight differs from the reference."""

    auc: float
    effect: float
    """Beside what matters: from 1 on it does."""
    p_value: float
    state: State
    rows: Floats
    """Tonight's rows that were looked at."""
    scores: Floats
    """How much each of them looks like tonight, from 0 to 1."""


@dataclass(frozen=True)
class EmbeddingClassifier:
    """Knows a sample of the reference, and how well its own nights are told from its others."""

    sample: Floats
    evidence: Evidence

    @classmethod
    def learned_from(cls, nights: Sequence[Floats]) -> EmbeddingClassifier:
        """Learn from the nights' rows, in the order of time."""
        sample = _spread(np.concatenate(nights)) if nights else np.empty((0, 0))
        return cls(sample, _evidence(nights))

    def compare(self, tonight: Floats, policy: AlarmPolicy) -> Difference:
        """Tell tonight's rows from the reference's."""
        rows = _spread(tonight)
        told = tell_apart(rows, self.sample)
        effect = (told.auc - 0.5) / (_LIMITS[self.evidence.basis] - 0.5)
        p_value = self.evidence.p_value(told.reading)
        return Difference(told.auc, effect, p_value, _state(effect, p_value, policy), rows, told.scores)


def _state(effect: float, p_value: float, policy: AlarmPolicy) -> State:
    if effect >= 1 and p_value <= policy.level:
        return State.DRIFT
    surprising = p_value <= policy.level or (effect >= 1 and p_value <= policy.watch_level)
    return State.WATCH if surprising else State.STEADY


def _evidence(nights: Sequence[Floats]) -> Evidence:
    if len(nights) < FEWEST_NIGHTS:
        return IndependentRows()
    gap = min(_NEIGHBOURS, len(nights) // 8)
    readings = []
    for place, night in enumerate(nights):
        far = [one for other, one in enumerate(nights) if abs(other - place) > gap]
        readings.append(tell_apart(_spread(night), _spread(np.concatenate(far))).reading)
    learned = HistoricalNights.of(readings)
    return learned if learned.enough else IndependentRows()


def _spread(rows: Floats) -> Floats:
    """Return at most so many rows, shuffled: their order must not hang together with time. Seeded by their number."""
    return rows[np.random.default_rng(len(rows)).permutation(len(rows))[:_MOST_ROWS]]
