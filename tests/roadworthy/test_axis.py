"""An axis: both ends lie where they are said to, and what lies between keeps its order and its distances."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from roadworthy.axis import Axis

ENDS = st.integers(-1000, 1000)


@given(ENDS, ENDS, ENDS, st.integers(1, 1000))
def test_the_ends_lie_at_the_ends(start: int, end: int, low: int, width: int) -> None:
    """Upwards or downwards: the lowest value lies at the start, the highest at the end."""
    axis = Axis(start, end, low, low + width)
    assert (float(axis.place(low)), float(axis.place(low + width))) == (start, end)


@given(ENDS, ENDS, st.floats(-3, 3), st.floats(-3, 3))
def test_order_and_distance_are_kept(start: int, end: int, one: float, other: float) -> None:
    """What is twice as far apart is drawn twice as far apart, also beyond the ends; a value is drawn to .01."""
    assume(start != end)
    axis = Axis(start, end, 0, 1)
    drawn = float(axis.place(other)) - float(axis.place(one))
    assert drawn == pytest.approx((other - one) * (end - start), abs=0.011)


def test_a_picture_s_height_runs_downwards() -> None:
    """As an SVG has it: the higher the value, the smaller its y."""
    assert [Axis(344.0, 64.0, 0.5, 0.9).place(auc) for auc in (0.5, 0.7, 0.9)] == ["344.00", "204.00", "64.00"]
