"""Effect sizes: exact numbers, and what holds for any two profiles."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, norm

from roadworthy.drift.comparing import comparable_cells
from roadworthy.drift.effects import Aspect, effects
from roadworthy.drift.moves import moves
from roadworthy.drift.profile.categorical import CategoricalLayout
from roadworthy.drift.profile.numeric import NumericLayout

SETS = CategoricalLayout(name="carrier", categories=("UA", "MQ", "B6"), complete=True)
LEVELS = norm.ppf(np.arange(1, 20) / 20)
NUMBERS = NumericLayout(name="delay", lowest=-9.0, edges=(*map(float, LEVELS), 9.0), exponent=-10)
COUNTS = st.lists(st.integers(0, 500), min_size=3, max_size=3)


def carriers(united: int, envoy: int, blue: int, **others: int) -> dict[str | None, int]:
    """Return so many rows of each carrier."""
    return {"UA": united, "MQ": envoy, "B6": blue, **others}


def test_psi_and_jensen_shannon_are_those_of_their_papers() -> None:
    """By hand, with half a row added to each cell: the fourth cell is for new categories."""
    found = effects(SETS, SETS.count(carriers(100, 200, 100)), SETS.count(carriers(200, 100, 100)))
    p, q = (np.array(one) / 402 for one in ([100.5, 200.5, 100.5, 0.5], [200.5, 100.5, 100.5, 0.5]))
    assert found.psi == pytest.approx(float(((p - q) * np.log(p / q)).sum()))
    assert found.jensen_shannon == pytest.approx(jensenshannon(p, q, base=2))
    assert found.mean_difference is None
    assert found.kolmogorov_smirnov is None


def test_numbers_that_move_by_half_their_spread() -> None:
    """Mean difference, Kolmogorov-Smirnov distance and PSI beside the normal distribution's own."""
    random = np.random.default_rng(0)
    old, new = random.normal(size=40_000), random.normal(0.5, 1, size=40_000)
    found = effects(NUMBERS, NUMBERS.count(pa.array(new)), NUMBERS.count(pa.array(old)))
    assert found.mean_difference == pytest.approx(0.5, abs=0.02)
    assert found.kolmogorov_smirnov == pytest.approx(ks_2samp(new, old).statistic, abs=0.01)
    assert found.psi == pytest.approx(0.25, abs=0.02)


@given(COUNTS, COUNTS)
@settings(deadline=None)
def test_a_distance_is_the_same_both_ways_and_none_to_itself(old: list[int], new: list[int]) -> None:
    """PSI and Jensen-Shannon are symmetric on the same cells, never negative, and 0 between equals."""
    one, other = SETS.count(carriers(*old)), SETS.count(carriers(*new))
    found = effects(SETS, one, other)
    assert found.psi >= 0
    assert 0 <= found.jensen_shannon <= 1
    assert effects(SETS, one, one).psi == 0
    if sum(old) == sum(new) and min(*old, *new) >= 5:
        assert found.psi == pytest.approx(effects(SETS, other, one).psi)


def test_shares_of_gaps_and_of_new_categories() -> None:
    """Both are differences of shares; the first of all rows, the second of those with a value."""
    old = SETS.count({"UA": 95, None: 5})
    new = SETS.count({"UA": 60, "YX": 20, None: 20})
    found = effects(SETS, new, old)
    assert found.missing == pytest.approx(0.15)
    assert found.unseen == pytest.approx(0.25)
    assert found.of(Aspect.MISSING) == effects(SETS, old, new).of(Aspect.MISSING)
    assert effects(SETS, old, new).of(Aspect.UNSEEN) < 0


def test_a_constant_that_is_another_one() -> None:
    """No spread on either side: the mean difference is infinite, or 0 where nothing moved."""
    constant = NumericLayout(name="n", lowest=7.0, edges=(7.0,))
    sevens, eights = constant.count(pa.array([7.0] * 300)), constant.count(pa.array([8.0] * 300))
    assert effects(constant, eights, sevens).mean_difference == math.inf
    assert effects(constant, eights, sevens).unseen == 1
    assert effects(constant, sevens, sevens).mean_difference == 0


@pytest.mark.parametrize("empty", [{None: 2}, {}])
def test_a_column_without_values_differs_in_gaps_alone(empty: dict[str | None, int]) -> None:
    """Nothing is divided by nothing."""
    found = effects(SETS, SETS.count(empty), SETS.count(carriers(10, 10, 10)))
    assert (found.psi, found.jensen_shannon, found.missing) == (0, 0, float(bool(empty)))


@given(st.lists(st.integers(0, 60), min_size=2, max_size=50), st.lists(st.integers(0, 60), min_size=2, max_size=50))
@settings(deadline=None)
def test_rare_cells_are_looked_at_together(new: list[int], old: list[int]) -> None:
    """No row is lost, few cells are left, and those that stand alone were expected to hold five rows."""
    length = min(len(new), len(old))
    cells = comparable_cells(new[:length], old[:length])
    assert (cells.tonight.sum(), cells.reference.sum()) == (sum(new[:length]), sum(old[:length]))
    alone = cells.reference[:-1] if cells.rest else cells.reference
    assert len(alone) <= 32
    assert all(one * cells.tonight.sum() >= 5 * max(1, cells.reference.sum()) - 1e-9 for one in alone)


def test_what_moved_is_said_by_name() -> None:
    """Gone, new, more: the cells with the largest part of the change come first, new categories by their names."""
    old, new = SETS.count(carriers(500, 300, 200)), SETS.count(carriers(500, 0, 260, YX=240))
    assert [str(one) for one in moves(SETS, new, old)] == ["MQ gone (was 30 %)", "YX new (24 %)", "B6 20 % → 26 %"]


def test_a_rare_category_that_did_not_come_is_no_news() -> None:
    """One row in a thousand is not missed on a night of a hundred rows."""
    old, new = SETS.count(carriers(500, 499, 1)), SETS.count(carriers(5, 95, 0))
    assert {one.cell for one in moves(SETS, new, old)} == {"UA", "MQ"}
