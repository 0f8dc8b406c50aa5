"""What the tests of budgets share: a real Redis, and each kind of budgets in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from servers.valkey import Valkey, running_valkey

from roadworthy.budgets.interface import Budgets
from roadworthy.budgets.kept_budgets import KeptBudgets
from roadworthy.budgets.memory_budgets import MemoryBudgets
from roadworthy.budgets.redis_budgets import RedisBudgets

PATIENT = 30
"""On a busy machine a healthy server may be silent for a while."""


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A real server for tests that leave it running."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def mortal_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server of this test's own, which it may kill."""
    with running_valkey(tmp_path / "valkey") as server:
        yield server


@pytest.fixture(params=["memory", "kept", "redis"])
def make_budgets(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Budgets]:
    """Make budgets of each kind in turn, with nothing spent; to be called inside the event loop that uses them."""
    if request.param == "memory":
        return MemoryBudgets
    if request.param == "kept":
        return lambda: KeptBudgets(tmp_path / f"{uuid4().hex}.sqlite")
    server: Valkey = request.getfixturevalue("valkey")
    return lambda: RedisBudgets(server.url, timeout_seconds=PATIENT)
