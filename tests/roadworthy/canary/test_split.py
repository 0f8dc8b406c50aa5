"""The split: sticky, even, and independent from one split to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, kstest

from roadworthy.canary.split import CANARY, PRODUCTION, Share, choose_arm, point

PEOPLE = [f"tenant\0user-{number}" for number in range(20_000)]


@given(st.text(), st.text())
def test_everybody_has_one_place(salt: str, person: str) -> None:
    """The same person lies at the same point, between 0 and 1, in every process and for ever."""
    assert 0 <= point(salt, person) < 1
    assert point(salt, person) == point(salt, person)


def test_a_place_is_what_it_was() -> None:
    """The rule may never change: people would move between arms. SHA-256 of "salt, NUL, person", its first 53 bits."""
    assert point("a", "b") == 0.3503790903157433


def test_people_are_spread_evenly() -> None:
    """Nobody can tell the points from uniform ones (Kolmogorov-Smirnov)."""
    assert kstest([point("salt", person) for person in PEOPLE], "uniform").pvalue > 0.001


def test_a_share_gets_its_share() -> None:
    """Of many people five in a hundred meet a canary of .05."""
    met = sum(choose_arm((Share(CANARY, 0.05, "digest"),), person) == CANARY for person in PEOPLE)
    assert binomtest(met, len(PEOPLE), 0.05).pvalue > 0.001


@given(st.text(), st.floats(0.01, 0.5), st.floats(0.5, 1))
def test_a_share_that_grows_takes_nobody_back(person: str, small: float, large: float) -> None:
    """Whom a small canary meets, the same canary with a larger share meets too."""
    if choose_arm((Share(CANARY, small, "digest"),), person) == CANARY:
        assert choose_arm((Share(CANARY, large, "digest"),), person) == CANARY


def test_two_splits_have_nothing_to_do_with_each_other() -> None:
    """Of those whom one canary met, the next one meets its share and no more."""
    met = [person for person in PEOPLE if point("one", person) < 0.5]
    again = sum(point("other", person) < 0.5 for person in met)
    assert binomtest(again, len(met), 0.5).pvalue > 0.001


def test_a_canary_comes_before_an_experiment() -> None:
    """The canary takes its share of all, the experiment its share of the rest, production what is left."""
    shares = (Share(CANARY, 0.2, "digest"), Share("shorter/treatment", 0.5, "shorter"))
    arms = [choose_arm(shares, person) for person in PEOPLE]
    for arm, share in ((CANARY, 0.2), ("shorter/treatment", 0.4), (PRODUCTION, 0.4)):
        assert binomtest(arms.count(arm), len(PEOPLE), share).pvalue > 0.001
