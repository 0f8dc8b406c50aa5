"""Intervals of means on a closed scale: exact where theory gives them, honest where all scores are alike."""

from __future__ import annotations

import numpy as np
import pytest
from answer_samples import resampling
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from roadworthy.errors import UsageError
from roadworthy.evaluation import bounded_means
from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.bounded_means import DIFFERENCES, SHARES, distribution_of_mean, estimate_mean

PINNED = ["0.6", "0.205911631595", "0.920889315265"]


@pytest.mark.parametrize(("hits", "queries"), [(0, 10), (1, 40), (20, 40), (59, 60), (200, 200)])
def test_scores_of_two_values_get_the_exact_interval(hits: int, queries: int) -> None:
    """Clopper and Pearson's, as far as 20,000 resamples tell: an all-good set of 60 is no proof of 100 %."""
    scores = np.repeat([1.0, 0.0], [hits, queries - hits])
    exact = binomtest(hits, queries).proportion_ci(0.95, method="exact")
    found = estimate_mean(scores, SHARES, resampling(20_000))
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.005)


def test_equal_answers_still_leave_doubt() -> None:
    """No difference on n queries: the lower bound at 5 % is that of a share of 0 in n, 1 − 0.05^(1/n)."""
    bound = distribution_of_mean(np.zeros(100), DIFFERENCES, resampling(20_000)).quantiles(np.array([0.05, 0.95]))
    assert bound == pytest.approx([-(1 - 0.05 ** (1 / 100)), 1 - 0.05 ** (1 / 100)], abs=0.001)


def test_the_stream_is_pinned() -> None:
    """The same seed gives the same interval next year."""
    found = estimate_mean(np.array([0.0, 0.5, 0.5, 1.0, 1.0]), SHARES, resampling(500, seed=3))
    assert [f"{number:.12g}" for number in (found.value, found.low, found.high)] == PINNED


def test_how_many_are_drawn_at_a_time_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; the numbers stay."""
    scores = np.linspace(0, 1, 30)
    whole = estimate_mean(scores, SHARES, resampling(100))
    monkeypatch.setattr(bounded_means, "_CHUNK_NUMBERS", 7 * 31)
    assert estimate_mean(scores, SHARES, resampling(100)) == whole


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=5, max_size=60), st.integers(0, 100))
def test_the_interval_stays_on_the_scale_around_the_mean(scores: list[float], seed: int) -> None:
    """Whatever the scores are."""
    found = estimate_mean(np.array(scores), SHARES, resampling(200, seed))
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=5, max_size=40))
def test_turning_the_scores_round_turns_the_interval_round(scores: list[float]) -> None:
    """Better and worse are treated alike."""
    there, back = (estimate_mean(sign * np.array(scores), DIFFERENCES, resampling(200)) for sign in (1, -1))
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)


def test_clusters_are_refused() -> None:
    """A number that does not mean what was asked for is not given."""
    with pytest.raises(UsageError, match="singly"):
        estimate_mean(np.ones(10), SHARES, Resampling(100, 0.95, 0, np.zeros(10)))
