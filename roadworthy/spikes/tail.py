"""The beta-binomial distribution: bad requests of an interval whose share itself wavers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_LEAST_WAVERING = 1e-4
"""No service is pure chance."""


def wavering(requests: NDArray[np.int64], bad: NDArray[np.int64], usual: NDArray[np.float64]) -> float:
    """Return the intra-interval correlation ρ by the method of moments; shapes (intervals,).

    Var(k) = n p (1 − p) (1 + (n − 1) ρ): Skellam, J. R. Statist. Soc. B 10 (1948), p. 257. So ρ is what the squared
    residuals have beyond n p (1 − p), against the sum of n (n − 1) p (1 − p).
    """
    chance = requests * usual * (1 - usual)
    beyond = float(np.sum((bad - requests * usual) ** 2 - chance))
    most = float(np.sum((requests - 1) * chance))
    return min(max(beyond / most if most > 0 else 0.0, _LEAST_WAVERING), 0.5)


def log_tail(bad: int, requests: int, share: float, wavers: float) -> float:
    """Return the logarithm of the probability of `bad` or more, of `requests`, under the beta-binomial distribution."""
    # Late imports: start-up time.
    from scipy.stats import betabinom

    scale = (1 - wavers) / wavers
    tail = float(betabinom.sf(bad - 1, requests, share * scale, (1 - share) * scale))
    # Below what a float can hold, and where rounding makes it negative, it is surely small.
    return math.log(tail) if tail > 1e-300 else -math.inf


def least_unusual(requests: int, share: float, wavers: float, alpha: float) -> int:
    """Return the smallest number of bad requests whose tail is below `alpha`; beyond `requests` when none is."""
    from scipy.stats import betabinom

    scale = (1 - wavers) / wavers
    return int(betabinom.isf(alpha, requests, share * scale, (1 - share) * scale)) + 1
