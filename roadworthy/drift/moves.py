"""What moved: the bins and categories that make up a column's change, largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadworthy.drift.comparing import shares
from roadworthy.drift.profile.categorical import CategoricalProfile
from roadworthy.drift.profile.profile import AnyLayout, AnyProfile

MOST_MOVES = 6
_LEAST_CONTRIBUTION = 0.01
_LEAST_EXPECTED = 5.0
"""Rows that the reference leads to expect of a category, before its absence is worth a word."""


@dataclass(frozen=True)
class Move:
    """A cell whose share changed."""

    cell: str
    before: float
    after: float
    contribution: float
    """Its part of the population stability index, in nats."""

    def __str__(self) -> str:
        """Say it in a few words: `9E new (12 %)`, `MQ gone (was 8 %)`, `EV 16 % → 3 %`."""
        if not self.before:
            return f"{self.cell} new ({_percent(self.after)})"
        if not self.after:
            return f"{self.cell} gone (was {_percent(self.before)})"
        return f"{self.cell} {_percent(self.before)} → {_percent(self.after)}"


def moves(layout: AnyLayout, tonight: AnyProfile, reference: AnyProfile) -> tuple[Move, ...]:
    """Return the cells that moved most, at most `MOST_MOVES`; new categories by their own names."""
    if not tonight.usable or not reference.usable:
        return ()
    new, old = np.array(tonight.cells, dtype=float), np.array(reference.cells, dtype=float)
    names: Sequence[str] = layout.cell_names
    if isinstance(tonight, CategoricalProfile) and tonight.complete:
        names, new, old = _with_newcomers(layout.cell_names, new, old, tonight)
    p, q = shares(new), shares(old)
    contributions = (p - q) * np.log(p / q)
    enough = (new > 0) | (old * new.sum() / old.sum() >= _LEAST_EXPECTED)
    largest = [place for place in np.argsort(-contributions, kind="stable") if enough[place]][:MOST_MOVES]
    return tuple(
        Move(names[place], old[place] / old.sum(), new[place] / new.sum(), float(contributions[place]))
        for place in largest
        if contributions[place] >= _LEAST_CONTRIBUTION
    )


def _with_newcomers(
    names: Sequence[str], new: np.ndarray, old: np.ndarray, tonight: CategoricalProfile
) -> tuple[Sequence[str], np.ndarray, np.ndarray]:
    """Put each new category in a cell of its own; what is not kept by name stays in the last one."""
    kept = sorted(tonight.newcomers, key=lambda one: (-one.count, one.category))[:MOST_MOVES]
    counts = np.array([one.count for one in kept], dtype=float)
    new = np.concatenate([new[:-1], [new[-1] - counts.sum()], counts])
    old = np.concatenate([old, np.zeros(len(kept))])
    return (*names[:-1], "other new ones", *(one.category for one in kept)), new, old


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
