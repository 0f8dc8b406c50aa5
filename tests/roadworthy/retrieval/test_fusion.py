"""Rankings become one by the ranks alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.retrieval.fusion import fused
from roadworthy.retrieval.scoring import order

_SCORES = st.lists(st.integers(-3, 3), min_size=1, max_size=20).map(lambda scores: np.array(scores, dtype=np.float32))


def test_it_is_the_papers_formula() -> None:
    """Ranks 1, 2, 3 and 3, 1, 2 with k = 60."""
    total = fused([np.array([9, 5, 1], np.float32), np.array([0.1, 0.9, 0.2], np.float32)], 60)

    assert np.allclose(total, [1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62])


@given(_SCORES)
def test_equal_scores_give_equal_sums(scores: np.ndarray) -> None:
    """A passage is not better for standing earlier in the index."""
    total = fused([scores], 60)

    assert all((total[scores == value] == total[scores == value][0]).all() for value in scores)


@given(_SCORES)
def test_one_ranking_stays_as_it_is(scores: np.ndarray) -> None:
    """Fused with nothing, the order does not change; ties go to the earlier passage."""
    assert order(fused([scores], 60)).tolist() == order(scores).tolist()
    assert order(scores).tolist() == sorted(range(len(scores)), key=lambda at: (-scores[at], at))


@given(_SCORES, st.floats(0.1, 100))
def test_only_the_ranks_count(scores: np.ndarray, factor: float) -> None:
    """Another unit of the scores changes nothing."""
    other = np.arange(len(scores), dtype=np.float32)

    assert fused([scores, other], 60).tolist() == fused([scores * np.float32(factor), other], 60).tolist()
