"""Production's first values: what a scale or a threshold is learned from, before both arms are compared by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from roadworthy.canary.sequential.interface import Batch, Floats, Places, State
from roadworthy.canary.sequential.matching import WAITING
from roadworthy.canary.sequential.states import parsed_state


@dataclass(frozen=True, eq=False)
class Rest:
    """What is left to be compared of a batch."""

    batch: Batch
    at: Places
    """The place in the whole batch of each of its observations; held ones came out with the last one learned from."""


class ReferenceState(State):
    """See `Reference.state`."""

    learned: tuple[float, ...] = ()
    held: tuple[float, ...] = ()
    """The canary's values that wait until all is learned."""


class Reference:
    """Takes production's first `size` values away, and holds the canary's back meanwhile."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.restore(ReferenceState())

    def restore(self, state: Any) -> None:
        """Go on from a state. Raises `IntegrityError`."""
        state = parsed_state(ReferenceState, state)
        self._learned, self._held = state.learned, state.held

    def state(self) -> ReferenceState:
        """Return what a reference goes on from."""
        return ReferenceState(learned=self._learned, held=self._held)

    @property
    def values(self) -> Floats | None:
        """What was learned from; None as long as there is not enough."""
        return np.array(self._learned) if len(self._learned) == self._size else None

    def rest(self, batch: Batch) -> Rest:
        """Learn from `batch`, and return what is left of it: nothing before enough is learned."""
        missing = self._size - len(self._learned)
        if not missing:
            return Rest(batch, np.arange(len(batch.values)))
        production = np.flatnonzero(~batch.in_canary)
        end = int(production[missing - 1]) + 1 if len(production) >= missing else len(batch.values)
        self._learned += tuple(batch.values[production[:missing]].tolist())
        self._held = (*self._held, *batch.values[:end][batch.in_canary[:end]].tolist())[-WAITING:]
        return self._released(batch, end) if self.values is not None else _nothing()

    def _released(self, batch: Batch, end: int) -> Rest:
        held, self._held = np.array(self._held, float), ()
        flags = np.concatenate((np.ones(len(held), bool), batch.in_canary[end:]))
        at = np.concatenate((np.full(len(held), end - 1), np.arange(end, len(batch.values))))
        return Rest(Batch(flags, np.concatenate((held, batch.values[end:]))), at)


def _nothing() -> Rest:
    return Rest(Batch(np.array([], bool), np.array([], float)), np.array([], np.int64))
