"""Evidence: p-values are exact where they can be, honest about few nights, and comparable over nights' sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency, kstest

from roadworthy.drift.evidence.historical import FEWEST_NIGHTS, HistoricalNights
from roadworthy.drift.evidence.independent import IndependentRows
from roadworthy.drift.evidence.interface import Basis, Evidence, Reading
from roadworthy.drift.evidence.readings import shape_reading, share_reading

RANDOM = np.random.default_rng(0)
FEW = [float(one) for one in RANDOM.chisquare(19, size=60)]


def nights(count: int, effect: float, seed: int, smallest: int = 500, largest: int = 100_000) -> list[Reading]:
    """Return readings of 20 cells, as nights give them that move along one direction by a normal amount."""
    random = np.random.default_rng(seed)
    sizes = np.exp(random.uniform(np.log(smallest), np.log(largest), size=count))
    heavy = (1 + sizes * effect) * random.chisquare(1, size=count)
    statistics = heavy + random.chisquare(18, size=count)
    return [Reading(float(one), 19, float(size)) for one, size in zip(statistics, sizes, strict=True)]


EVIDENCE: list[Evidence] = [
    IndependentRows(),
    HistoricalNights.of(nights(60, 0.0, seed=1)),
    HistoricalNights.of(nights(60, 0.01, seed=2)),
]


@pytest.mark.parametrize("evidence", EVIDENCE, ids=["rows", "quiet nights", "nights that differ"])
@given(statistic=st.floats(0, 1e6), more=st.floats(0, 1e6), freedom=st.integers(1, 40), size=st.floats(50, 1e6))
@settings(deadline=None)
def test_evidence_is_a_probability_that_falls(
    evidence: Evidence, statistic: float, more: float, freedom: int, size: float
) -> None:
    """Every kind: between 0 and 1, and a larger statistic is never less surprising."""
    near = evidence.p_value(Reading(statistic, freedom, size))
    far = evidence.p_value(Reading(statistic + more, freedom, size))
    assert 0 <= far <= near <= 1


@pytest.mark.parametrize("evidence", EVIDENCE, ids=["rows", "quiet nights", "nights that differ"])
def test_nothing_to_compare_is_no_evidence(evidence: Evidence) -> None:
    """Every kind: a constant column, or one without values, is not surprising."""
    assert evidence.p_value(Reading(0.0, 0, 0.0)) == 1


def test_the_shape_statistic_is_pearsons() -> None:
    """The number that scipy gives for the same table."""
    new, old = [40, 60, 100], [500, 400, 1100]
    found, expected = shape_reading(new, old), chi2_contingency([new, old], correction=False)
    assert found.statistic == pytest.approx(expected.statistic)
    assert (found.freedom, found.size) == (2, pytest.approx(1 / (1 / 200 + 1 / 2000)))
    assert IndependentRows().p_value(found) == pytest.approx(expected.pvalue)


def test_one_row_of_a_new_category_is_hardly_evidence() -> None:
    """Pearson's statistic of one row where there was none would be in the hundreds."""
    found = shape_reading([250, 249, 1], [50_000, 50_000, 0])
    assert IndependentRows().p_value(found) > 0.5


@pytest.mark.parametrize("share", [0.0005, 0.02, 0.3])
def test_shares_raise_no_more_false_alarms_than_stated(share: float) -> None:
    """Also where hardly a row is expected: of 20,000 nights at most a hundredth and its chance has p ≤ .01."""
    random = np.random.default_rng(3)
    parts, past = random.binomial(1000, share, size=20_000), random.binomial(90_000, share, size=20_000)
    evidence = IndependentRows()
    small = [
        evidence.p_value(share_reading(*two)) <= 0.01
        for two in zip(parts, [1000] * 20_000, past, [90_000] * 20_000, strict=True)
    ]
    assert np.mean(small) < 0.0125


@pytest.mark.parametrize("effect", [0.0, 0.01])
def test_ranks_are_uniform_whatever_the_nights_do(effect: float) -> None:
    """Nights of 500 and of 100,000 rows together, with and without effects of their own: p-values are uniform."""
    found = [
        HistoricalNights.of(drawn[:-1]).p_value(drawn[-1])
        for drawn in (nights(91, effect, seed=100 + seed) for seed in range(300))
    ]
    # Never smaller than those of independent rows, so that these may be larger than uniform.
    assert kstest(found, "uniform", alternative="greater").pvalue > 0.001


@pytest.mark.parametrize("effect", [0.0, 0.003, 0.03])
@pytest.mark.parametrize("size", [500, 5_000, 100_000])
def test_the_tail_is_not_lighter_than_the_truth(effect: float, size: int) -> None:
    """Where only one night in 10,000 is, p-values of many references are right within a factor of 3, on average."""
    random = np.random.default_rng(4)
    draws = (1 + size * effect) * random.chisquare(1, 400_000) + random.chisquare(18, 400_000)
    rare = Reading(float(np.quantile(draws, 0.9999)), 19, float(size))
    found = [HistoricalNights.of(nights(90, effect, seed=seed)).p_value(rare) for seed in range(60)]
    assert 0.00003 < np.median(found) < 0.005


def test_few_nights_say_little() -> None:
    """The same statistic is less surprising beside 20 nights than beside 200."""
    far = Reading(400.0, 19, 5000.0)
    few, many = (HistoricalNights.of(nights(count, 0.003, seed=5)).p_value(far) for count in (20, 200))
    assert many < few
    assert not HistoricalNights.of(nights(FEWEST_NIGHTS - 1, 0.003, seed=5)).enough


def test_nights_that_resemble_their_neighbours_count_for_less() -> None:
    """Sorted nights tell as much as a few, shuffled ones as much as there are."""
    shuffled = nights(90, 0.01, seed=6, smallest=9_999, largest=10_000)
    ordered = sorted(shuffled, key=lambda one: one.statistic)
    assert HistoricalNights.of(ordered).effective < 10
    assert HistoricalNights.of(shuffled).effective > 60


def test_a_history_without_any_difference_claims_no_more_than_its_rows() -> None:
    """A column that was always complete: the first gaps are judged as if rows were independent, not as impossible."""
    quiet = [share_reading(0, 1000, 0, 90_000) for _ in range(90)]
    gap = share_reading(3, 1000, 0, 90_000)
    evidence = HistoricalNights.of(quiet)
    assert evidence.basis is Basis.NIGHTS
    assert evidence.p_value(gap) == pytest.approx(float(chi2.sf(gap.statistic, 1)))
