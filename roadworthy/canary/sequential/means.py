"""How much something is on average: the cost of a request, or a score of which more is worse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roadworthy.canary.sequential.interface import Floats
from roadworthy.canary.sequential.learned import Asked, LearnedTest

_ROOM = 2.0
"""Values count up to twice the largest that was learned from; what is beyond counts as that much."""


@dataclass(frozen=True)
class Scale:
    """Values from 0 to `unit`, as parts of it."""

    unit: float
    margin: float
    zeros_and_ones: bool = False

    def __call__(self, values: Floats) -> Floats:
        """Return the parts, clipped to [0, 1]."""
        return np.clip(values / self.unit, 0, 1)


class MeanTest(LearnedTest):
    """Compares means of values from 0 on, clipped; the margin is a part of production's mean: .1 is ten in a hundred.

    Where production's values are all 0, as costs of a model that runs here, any other value counts as 1.
    """

    def __init__(self, asked: Asked) -> None:
        def learn(values: Floats) -> Scale:
            top = float(values.max())
            if top <= 0:
                return Scale(unit=1e-9, margin=asked.margin)
            return Scale(unit=_ROOM * top, margin=asked.margin * max(float(values.mean()), 0.0) / (_ROOM * top))

        super().__init__(learn, asked)
