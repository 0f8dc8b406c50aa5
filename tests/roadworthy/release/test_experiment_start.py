"""When an experiment may not start, and what is said then."""

from __future__ import annotations

import pytest
from fakes.memory_store import MemoryStore
from fakes.served_releases import put_in_production, release

from roadworthy.errors import RuleBroken
from roadworthy.release.entries import ExperimentStarted
from roadworthy.release.ledger import Ledger
from roadworthy.release.traffic import decide_experiment_start

NAME = "help-desk"


def refusal(store: MemoryStore, number: int) -> str:
    """Return why an experiment with that release may not start."""
    started = ExperimentStarted(name="shorter", release=number, share=0.5, hypothesis="")
    with pytest.raises(RuleBroken) as told:
        decide_experiment_start(NAME, started)(Ledger(store, NAME).entries())
    return str(told.value)


def test_a_release_is_not_compared_with_itself() -> None:
    """What is live already is told apart from nothing being live."""
    store = MemoryStore()
    release(store, NAME, 1)
    assert "nothing in production" in refusal(store, 1)
    put_in_production(store, NAME, 2)
    assert "can't be compared with itself" in refusal(store, 2)
    assert "nobody has approved it" in refusal(store, 1)
