"""How slow the slow ones are: a quantile, compared by how often each arm exceeds production's.

Two distributions with the same quantile exceed it equally often, so a test of quantiles is one of shares: Howard and
Ramdas, Sequential estimation of quantiles with applications to A/B testing and best-arm identification (Bernoulli
2022), section 2. The threshold is production's quantile among its first values. When it is a little off, both arms
are compared at a quantile a little beside; the test stays as right as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from roadworthy.canary.sequential.interface import Floats
from roadworthy.canary.sequential.learned import Asked, LearnedTest


@dataclass(frozen=True)
class Threshold:
    """Tells the values above a threshold from the others."""

    at: float
    margin: float
    unit: float = 1.0
    zeros_and_ones: bool = True

    def __call__(self, values: Floats) -> Floats:
        """Return 1 for each value above the threshold, else 0."""
        return (values > self.at).astype(float)


class QuantileTest(LearnedTest):
    """Compares the share of values above production's quantile; the margin is a difference of shares.

    With the quantile .95 and the margin .03, 8 in 100 of the canary's may be slower than 5 in 100 of production's.
    """

    def __init__(self, quantile: float, asked: Asked) -> None:
        def learn(values: Floats) -> Threshold:
            return Threshold(float(np.quantile(values, quantile, method="higher")), asked.margin)

        super().__init__(learn, asked)
