"""What tests share that compare by something learned from production's first values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from roadworthy.canary.sequential.interface import Batch, Bounds, Closed, Evidence, Floats, State
from roadworthy.canary.sequential.reference import Reference, ReferenceState
from roadworthy.canary.sequential.states import not_its_state, parsed_state
from roadworthy.canary.sequential.two_arms import Compared, Differences, TwoArms, TwoArmsState, usual_differences

LEARNED_FROM = 200
"""So many values of production are learned from, and then not compared: else the threshold would know them."""


@dataclass(frozen=True)
class Asked:
    """What a test is asked before anything is learned."""

    margin: float
    """In the test's own terms."""
    risk: float = 0.05
    learned_from: int = LEARNED_FROM
    differences: Differences = usual_differences


class Measure(Protocol):
    """What was learned: how values become values in [0, 1]."""

    @property
    def unit(self) -> float:
        """What 1 stands for."""

    @property
    def margin(self) -> float:
        """How much worse the canary may be, in [0, 1]."""

    @property
    def zeros_and_ones(self) -> bool:
        """Whether values become nothing but zeros and ones."""

    def __call__(self, values: Floats) -> Floats:
        """Return values in [0, 1] for values in their own unit."""


class Learn(Protocol):
    """How a measure is learned."""

    def __call__(self, values: Floats) -> Measure:
        """Return the measure that production's first values give."""


class LearnedState(State):
    """See `LearnedTest.state`."""

    reference: ReferenceState
    test: TwoArmsState | None


class LearnedTest:
    """Learns a measure, then compares both arms by it."""

    def __init__(self, learn: Learn, asked: Asked) -> None:
        self._learn = learn
        self._asked = asked
        self._reference = Reference(asked.learned_from)
        self._measure: Measure | None = None
        self._test: TwoArms | None = None

    def observe(self, batch: Batch) -> Closed:
        """See `SequentialTest`."""
        rest = self._reference.rest(batch)
        self._begin()
        if self._test is None or self._measure is None:
            return Closed(np.array([], np.int64), np.array([]))
        closed = self._test.observe(Batch(rest.batch.in_canary, self._measure(rest.batch.values)))
        return Closed(rest.at[closed.at], closed.log_e)

    @property
    def evidence(self) -> Evidence:
        """See `SequentialTest`; there is no difference to speak of before enough is learned."""
        if self._test is None or self._measure is None:
            kept = self._reference.state()
            return Evidence(len(kept.held), len(kept.learned), None, None, 0.0, Bounds(-1, 1), self._asked.margin)
        found, unit = self._test.evidence, self._measure.unit
        return Evidence(
            canary=found.canary,
            production=found.production,
            canary_mean=None if found.canary_mean is None else found.canary_mean * unit,
            production_mean=None if found.production_mean is None else found.production_mean * unit,
            log_e=found.log_e,
            difference=Bounds(found.difference.low * unit, found.difference.high * unit),
            margin=found.margin * unit,
        )

    def state(self) -> LearnedState:
        """See `SequentialTest`."""
        return LearnedState(reference=self._reference.state(), test=self._test.state() if self._test else None)

    def restore(self, state: Any) -> None:
        """See `SequentialTest`."""
        state = parsed_state(LearnedState, state)
        self._reference.restore(state.reference)
        self._measure = self._test = None
        self._begin()
        if (self._test is None) != (state.test is None):
            raise not_its_state()
        if self._test is not None:
            self._test.restore(state.test)

    def _begin(self) -> None:
        values = self._reference.values
        if self._test is None and values is not None:
            self._measure = self._learn(values)
            margin = self._measure.margin
            self._test = TwoArms(
                Compared(margin, self._asked.risk, self._asked.differences(margin), self._measure.zeros_and_ones)
            )
