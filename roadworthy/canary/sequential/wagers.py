"""The wagers of one match against "the canary's mean exceeds production's by at most a difference".

For a match of k canary values x and r production values y, all in [0, 1], a guess m of production's mean and a stake λ,
both chosen before the match, the factor is

    Π (1 + λ (x − m − δ)) · Π (1 − (k / r) λ (y − m)).

Its expected value is (1 + λ (μc − m − δ))^k (1 − (k / r) λ (μp − m))^r. When μc ≤ μp + δ, this is at most
(1 + λ u)^k (1 − (k / r) λ u)^r ≤ exp(k λ u − k λ u) = 1 with u = μp − m: an e-variable, whatever μp is and however it
changes from match to match. These are the bets of Waudby-Smith and Ramdas, Estimating means of bounded random
variables by betting (JRSS-B 2024), section 4, on two arms at once; for values 0 and 1 they are the e-variables of
Turner, Ly and Grünwald, Generic E-variables for exact sequential k-sample tests (JSPI 2024), with the null's nearest
point at m.
"""

from __future__ import annotations

import numpy as np

from roadworthy.canary.sequential.interface import Floats, Places
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


def log_factors(matches: Matches, guesses: Floats, differences: Floats, zeros_and_ones: bool = False) -> Floats:
    """Return log factors with the axes match, difference and wager; `guesses` has the first two.

    Where all values are zeros and ones, saying so is many times quicker.
    """
    null, guesses = (guesses + differences)[..., None], guesses[..., None]
    odds = (matches.canary_sizes / matches.sizes)[:, None, None]
    stakes = np.minimum(ODDS / (1 + ODDS * null), _MOST_STAKED / (odds * (1 - guesses)))
    won = _counted if zeros_and_ones else _each
    canary = won(matches.canary, matches.canary_sizes, null, stakes)
    factors: Floats = canary + won(matches.production, matches.sizes, guesses, -odds * stakes)
    return factors


def starts_of(sizes: Places) -> Places:
    """Return where each match's values begin."""
    starts: Places = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    return starts


def _each(values: Floats, sizes: Places, centres: Floats, stakes: Floats) -> Floats:
    rows = np.repeat(np.arange(len(sizes)), sizes)
    logs = np.log1p(stakes[rows] * (values[:, None, None] - centres[rows]))
    found: Floats = np.add.reduceat(logs, starts_of(sizes), axis=0)
    return found


def _counted(values: Floats, sizes: Places, centres: Floats, stakes: Floats) -> Floats:
    """The same with two logarithms a match, however many values it has."""
    ones = np.add.reduceat(values, starts_of(sizes))[:, None, None]
    zeros = sizes[:, None, None] - ones
    found: Floats = ones * np.log1p(stakes * (1 - centres)) + zeros * np.log1p(-stakes * centres)
    return found


def mirrored(matches: Matches) -> Matches:
    """Return the same matches with 1 − value for each value: a higher mean becomes a lower one."""
    return Matches(1 - matches.canary, matches.canary_sizes, 1 - matches.production, matches.sizes, matches.at)


def part(matches: Matches, since: int, until: int) -> Matches:
    """Return the matches from `since` up to, not with, `until`."""
    canary, production = (np.concatenate(([0], np.cumsum(one))) for one in (matches.canary_sizes, matches.sizes))
    return Matches(
        matches.canary[canary[since] : canary[until]],
        matches.canary_sizes[since:until],
        matches.production[production[since] : production[until]],
        matches.sizes[since:until],
        matches.at[since:until],
    )
