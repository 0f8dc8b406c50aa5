"""Calibration: bins, their intervals against published values, and the expected error by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.evaluation.calibration import Calibration, calibrate, wilson_interval
from roadworthy.evaluation.metrics import Scored


def calibration(labels: list[int], scores: list[float]) -> Calibration:
    """Return the curve of rows written as lists."""
    return calibrate(Scored.of(np.array(labels), np.array(scores)))


@pytest.mark.parametrize(
    ("positives", "rows", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(positives: int, rows: int, low: float, high: float) -> None:
    """Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I."""
    assert wilson_interval(positives, rows) == pytest.approx((low, high), abs=0.00005)


@given(st.integers(1, 10_000).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))))
def test_wilson_holds_the_share_and_mirrors(counts: tuple[int, int]) -> None:
    """The interval holds the observed share, within 0 and 1, and that of the negatives is its mirror image."""
    positives, rows = counts
    low, high = wilson_interval(positives, rows)
    assert 0 <= low <= positives / rows <= high <= 1
    assert wilson_interval(rows - positives, rows) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize("rows", [3, 6, 7, 10, 12])
def test_wilson_holds_the_share_where_rounding_would_leave_it_outside(rows: int) -> None:
    """With none or all positive, the share is an end of the interval: the diagram can't draw a negative length."""
    assert wilson_interval(0, rows)[0] == 0
    assert wilson_interval(rows, rows)[1] == 1


def test_a_curve_by_hand() -> None:
    """Twenty rows in ten bins of two; half of the rows is .1 off, half .2."""
    scores = [0.05, 0.06, 0.15, 0.16, 0.25, 0.26, 0.35, 0.36, 0.45, 0.46] + [0.8] * 10
    labels = [0] * 10 + [1] * 6 + [0] * 4
    found = calibration(labels, scores)
    assert [(one.rows, one.observed) for one in found.bins] == [(2, 0.0)] * 5 + [(10, 0.6)]
    assert [one.predicted for one in found.bins] == pytest.approx([0.055, 0.155, 0.255, 0.355, 0.455, 0.8])
    assert found.expected_error == pytest.approx((2 * (0.055 + 0.155 + 0.255 + 0.355 + 0.455) + 10 * 0.2) / 20)


def test_a_perfectly_calibrated_score_has_no_error() -> None:
    """Of a hundred rows at .3, thirty are positive, whatever their order."""
    for labels in ([1] * 30 + [0] * 70, [0] * 70 + [1] * 30):
        found = calibration(labels, [0.3] * 100)
        assert found.expected_error == pytest.approx(0, abs=1e-15)
        assert [one.rows for one in found.bins] == [100]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=1, max_size=80), st.integers(0, 9))
def test_no_row_is_lost_and_their_order_does_not_matter(rows: list[tuple[int, int]], seed: int) -> None:
    """Bins hold every row once, in the order of the score; equal scores are never torn apart."""
    order = np.random.default_rng(seed).permutation(len(rows))
    curves = [
        calibration([rows[place][0] for place in places], [rows[place][1] / 20 for place in places])
        for places in (range(len(rows)), order)
    ]
    assert sum(one.rows for one in curves[0].bins) == len(rows)
    predicted = [one.predicted for one in curves[0].bins]
    assert predicted == sorted(predicted)
    assert [one.rows for one in curves[0].bins] == [one.rows for one in curves[1].bins]
    assert curves[0].expected_error == pytest.approx(curves[1].expected_error, abs=1e-12)


@pytest.mark.parametrize("rows", [1, 9, 10, 11, 28_009])
def test_bins_are_equally_full(rows: int) -> None:
    """Without ties, bins differ by one row at most; fewer than ten rows have a bin each."""
    scores = np.linspace(0, 1, rows)
    counts = [one.rows for one in calibration([1] * rows, list(scores)).bins]
    assert len(counts) == min(rows, 10)
    assert max(counts) - min(counts) <= 1
