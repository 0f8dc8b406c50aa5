"""The wagers of one match against "the canary's mean exceeds production's by at most a difference".

For a match of one canary value x and r production values y₁…y_r, all in [0, 1], a guess m of production's mean and a
stake λ, both chosen before the match, the factor is

    (1 + λ (x − m − δ)) · Π (1 − (λ / r) (y_i − m)).

Its expected value is (1 + λ (μc − m − δ)) (1 − (λ / r) (μp − m))^r. When μc ≤ μp + δ, this is at most
(1 + λ u) (1 − λ u / r)^r ≤ exp(λ u − λ u) = 1 with u = μp − m: an e-variable, whatever μp is and however it changes
from match to match. These are the bets of Waudby-Smith and Ramdas, Estimating means of bounded random variables by
betting (JRSS-B 2024), section 4, on two arms at once; for values 0 and 1 they are the e-variables of Turner, Ly and
Grünwald, Generic E-variables for exact sequential k-sample tests (JSPI 2024), with the null's nearest point at m.
"""

from __future__ import annotations

import numpy as np

from roadworthy.canary.sequential.interface import Floats
from roadworthy.canary.sequential.matching import Matches

ODDS = np.array([0.15, 0.3, 0.6, 1.2, 2.4, 4.8, 9.6])
"""The canary's odds beyond the null's on which each wager bets: 0.6 is best for errors of 5 % that become 8 %."""
WEIGHTS = np.array([1, 2, 5, 3, 2, 1, 1]) / 15
"""Of the wagers; most on small excesses, since large ones show soon whatever their wager's weight."""
LEAST = 1e-4
"""Means are guessed to be this far from 0 and 1 at least, so that a wager never stakes all."""
_MOST_STAKED = 0.95


def mixed(log_wealth: Floats) -> Floats:
    """Return the logarithm of the weighted mean over the last axis, which is the wagers'."""
    top = log_wealth.max(axis=-1, keepdims=True)
    mean: Floats = np.log((np.exp(log_wealth - top) * WEIGHTS).sum(axis=-1)) + top[..., 0]
    return mean


def log_factors(matches: Matches, guesses: Floats, differences: Floats) -> Floats:
    """Return log factors with the axes match, difference and wager; `guesses` has the first two."""
    null = (guesses + differences)[..., None]
    sizes = matches.sizes[:, None, None]
    stakes = np.minimum(ODDS / (1 + ODDS * null), _MOST_STAKED * sizes / (1 - guesses[..., None]))
    canary = np.log1p(stakes * (matches.canary[:, None, None] - null))
    rows = np.repeat(np.arange(len(matches)), matches.sizes)
    beyond = matches.production[:, None, None] - guesses[rows][..., None]
    starts = np.concatenate(([0], np.cumsum(matches.sizes)[:-1]))
    production = np.add.reduceat(np.log1p(-(stakes / sizes)[rows] * beyond), starts, axis=0)
    factors: Floats = canary + production
    return factors


def mirrored(matches: Matches) -> Matches:
    """Return the same matches with 1 − value for each value: a higher mean becomes a lower one."""
    return Matches(1 - matches.canary, 1 - matches.production, matches.sizes, matches.at)


def part(matches: Matches, since: int, until: int) -> Matches:
    """Return the matches from `since` up to, not with, `until`."""
    ends = np.concatenate(([0], np.cumsum(matches.sizes)))
    return Matches(
        matches.canary[since:until],
        matches.production[ends[since] : ends[until]],
        matches.sizes[since:until],
        matches.at[since:until],
    )
