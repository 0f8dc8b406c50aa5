"""Budgets in any order of calls, held against a model of a few lines: nothing is lost, nothing counts twice."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fakes.spending import DAILY, NOON, somebody, usd
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from servers.valkey import Valkey

from roadworthy.budgets.interface import Budgets, Exceeded, Reservation
from roadworthy.budgets.kept_budgets import KeptBudgets
from roadworthy.budgets.memory_budgets import MemoryBudgets
from roadworthy.budgets.redis_budgets import RedisBudgets

AMOUNTS = st.decimals(0, 3, places=9)


class Spending(RuleBasedStateMachine):
    """Reserves, settles and releases on two accounts over two days."""

    reservations = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.accounts = [somebody(), somebody()]
        self.budgets = self.open()
        self.totals: dict[tuple[int, int], Decimal] = {}
        self.open_ones: dict[str, tuple[int, int]] = {}

    def open(self) -> Budgets:
        """Make the budgets."""
        raise NotImplementedError

    @rule(target=reservations, who=st.sampled_from([0, 1]), day=st.sampled_from([0, 1]), amount=AMOUNTS)
    def reserve(self, who: int, day: int, amount: Decimal) -> Reservation | None:
        """What fits is reserved, what does not is refused."""
        now = NOON + timedelta(days=day)
        said = self.runner.run(self.budgets.reserve(self.accounts[who], usd(amount), DAILY, now))
        total = self.totals.get((who, day), Decimal(0))
        if total + amount > DAILY.amount:
            assert isinstance(said, Exceeded)
            assert said.spent == usd(total)
            return None
        assert isinstance(said, Reservation)
        self.totals[who, day] = total + amount
        self.open_ones[said.id] = (who, day)
        return said

    @rule(reservation=reservations, share=st.decimals(0, 1, places=3))
    def settle(self, reservation: Reservation | None, share: Decimal) -> None:
        """The first time the exact amount counts; after it, nothing changes."""
        if reservation is None:
            return
        exact = reservation.amount.amount * share
        self.runner.run(self.budgets.settle(reservation, usd(exact)))
        self._close(reservation, exact)

    @rule(reservation=reservations)
    def release(self, reservation: Reservation | None) -> None:
        """All of it comes back, unless it was settled."""
        if reservation is not None:
            self.runner.run(self.budgets.release(reservation))
            self._close(reservation, Decimal(0))

    @invariant()
    def counts_as_the_model(self) -> None:
        """What is spent is what was settled and what is reserved, rounded up to a billionth for each."""
        for (who, day), total in self.totals.items():
            now = NOON + timedelta(days=day)
            assert self.runner.run(self.budgets.spent(self.accounts[who], DAILY, now)) == usd(total)

    def teardown(self) -> None:
        """Close what is open."""
        self.runner.run(self.budgets.close())
        self.runner.close()

    def _close(self, reservation: Reservation, exact: Decimal) -> None:
        place = self.open_ones.pop(reservation.id, None)
        if place is not None:
            rounded = exact.quantize(Decimal("1e-9"), rounding="ROUND_CEILING")
            self.totals[place] += rounded - reservation.amount.amount


@pytest.mark.parametrize("kind", ["memory", "kept", "redis"])
def test_budgets_count_as_a_simple_model(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Any order of reserving, settling and releasing, settled ones again included, on two accounts and two days."""
    server: Valkey | None = request.getfixturevalue("valkey") if kind == "redis" else None

    class Machine(Spending):
        def open(self) -> Budgets:
            if kind == "memory":
                return MemoryBudgets()
            if server:
                return RedisBudgets(server.url, timeout_seconds=30)
            return KeptBudgets(Path(tempfile.mkdtemp(dir=tmp_path)) / "budgets.sqlite")

    few = settings(max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Machine, settings=few)
