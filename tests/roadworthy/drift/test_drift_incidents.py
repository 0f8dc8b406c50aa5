"""Injected incidents: a small, seeded version of benchmarks/drift_incidents.py."""

from __future__ import annotations

import numpy as np

from benchmarks.drift_incidents import Watches, examine
from benchmarks.drift_injections import WAYS, inject
from benchmarks.drift_worlds import World
from roadworthy.drift.kinds.interface import DriftKind, State


def test_injected_incidents_are_traced_to_their_kind_and_culprit() -> None:
    """One way of each kind in one world; at most one is missed, and a quiet night accuses nobody."""
    world, random = World(77), np.random.default_rng(77)
    watches = Watches.learned_from(world.reference(30))
    outcomes = [examine(world, watches, inject(kind, 0, world, random)) for kind in DriftKind]
    assert sum(one.right_kind for one in outcomes) >= len(outcomes) - 1
    assert sum(one.right_culprit for one in outcomes) >= len(outcomes) - 1
    assert not [one for one in watches.judge(world.draw(world.state)) if one.state is State.DRIFT]


def test_every_kind_has_more_than_one_way_to_go_wrong() -> None:
    """So that no figure rests on one kind of incident alone."""
    assert min(len(ways) for ways in WAYS.values()) > 1
    assert WAYS.keys() == set(DriftKind)
