"""Sequential tests: exact on small cases, the same however batches are cut, and wrong as seldom as they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadworthy.canary.sequential.interface import Batch, SequentialTest
from roadworthy.canary.sequential.learned import Asked
from roadworthy.canary.sequential.matching import WAITING, Matcher, MatcherState, Matches
from roadworthy.canary.sequential.means import MeanTest
from roadworthy.canary.sequential.quantiles import QuantileTest
from roadworthy.canary.sequential.rates import RateTest
from roadworthy.canary.sequential.two_arms import Compared, TwoArms, usual_differences
from roadworthy.canary.sequential.wagers import ODDS, WEIGHTS, log_factors, mirrored
from roadworthy.errors import IntegrityError, UsageError

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
Make = Callable[[], SequentialTest]
TESTS: dict[str, Make] = {
    "rate": lambda: RateTest(0.02),
    "mean": lambda: MeanTest(Asked(0.1, learned_from=20)),
    "quantile": lambda: QuantileTest(0.9, Asked(0.05, learned_from=20)),
}
every_test = pytest.mark.parametrize("make", TESTS.values(), ids=TESTS)


def batch(share: float, production: float, canary: float, requests: int, seed: int) -> Batch:
    """Requests that fail with these probabilities."""
    random = np.random.default_rng(seed)
    in_canary = random.random(requests) < share
    failed = random.random(requests) < np.where(in_canary, canary, production)
    return Batch(in_canary, failed.astype(float))


def one_match(canary: float, production: list[float]) -> Matches:
    """A single match."""
    one = np.array([1])
    return Matches(np.array([canary]), one, np.array(production), np.array([len(production)]), one)


def test_a_factor_by_hand() -> None:
    """Canary 1, production 0 and 1, guess .2, no difference: (1 + λ·.8)(1 + λ/2·.2)(1 − λ/2·.8), λ = o/(1 + .2·o)."""
    stakes = ODDS / (1 + 0.2 * ODDS)
    stakes = np.minimum(stakes, 0.95 * 2 / 0.8)
    expected = np.log((1 + stakes * 0.8) * (1 + stakes / 2 * 0.2) * (1 - stakes / 2 * 0.8))
    found = log_factors(one_match(1, [0, 1]), np.array([[0.2]]), np.array([0.0]))
    assert found.shape == (1, 1, len(ODDS))
    np.testing.assert_allclose(found[0, 0], expected, rtol=1e-12)


@patient
@given(
    st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.floats(0.0, 1.0), st.integers(1, 4), st.floats(-0.5, 0.5),
    st.booleans(),
)  # fmt: skip
def test_a_factor_is_expected_to_be_one_at_most(
    guess: float, production: float, part: float, size: int, difference: float, lower: bool
) -> None:
    """Summed over all outcomes, for every guess, true rate and difference: no wager wins when the null is true."""
    canary = min(max(production + difference, 0.0), 1.0)
    canary = 1 - (1 - canary) * part if lower else canary * part
    if (lower and canary < production + difference) or (not lower and canary > production + difference):
        return
    guess = min(max(guess, 1e-4 + max(0, -difference)), 1 - 1e-4 - max(0, difference))
    expected = np.zeros(len(ODDS))
    for outcome in np.ndindex(*(2,) * (size + 1)):
        chances = [canary if outcome[0] else 1 - canary] + [production if y else 1 - production for y in outcome[1:]]
        match = one_match(outcome[0], [float(y) for y in outcome[1:]])
        given_ = (mirrored(match), 1 - guess, -difference) if lower else (match, guess, difference)
        expected += np.prod(chances) * np.exp(
            log_factors(given_[0], np.array([[given_[1]]]), np.array([given_[2]]))[0, 0]
        )
    assert (expected <= 1 + 1e-9).all()


@patient
@given(st.lists(st.integers(0, 1), min_size=1, max_size=20), st.integers(0, 1), st.floats(0.05, 0.95))
def test_counting_is_adding_up(production: list[int], canary: int, guess: float) -> None:
    """The quick way for zeros and ones gives what adding up value by value gives."""
    match, guesses = one_match(canary, [float(one) for one in production]), np.array([[guess]])
    slow, quick = (log_factors(match, guesses, np.array([0.0]), counted) for counted in (False, True))
    np.testing.assert_allclose(quick, slow, rtol=1e-9, atol=1e-12)


def test_the_wagers_are_a_whole() -> None:
    """Their weights add up to one: more would not be an e-value."""
    assert WEIGHTS.sum() == pytest.approx(1)


def test_matches_follow_the_shares() -> None:
    """Nineteen of production to one of the canary, and each observation in one match at most."""
    order = np.arange(20 * 100)
    found = Matcher(MatcherState()).match(Batch(order % 20 == 19, order.astype(float)))
    assert set(found.canary_sizes.tolist()) == {2}
    assert set(found.sizes.tolist()) == {38}
    everything = [*found.canary.tolist(), *found.production.tolist()]
    assert len(set(everything)) == len(everything) == 2000


def test_what_waits_is_bounded() -> None:
    """An arm that is alone is not kept for ever, and what is left out is the oldest."""
    matcher = Matcher(MatcherState())
    assert len(matcher.match(Batch(np.ones(1000, bool), np.arange(1000.0)))) == 0
    assert matcher.state().canary == tuple(range(1000 - WAITING, 1000))


@patient
@given(st.lists(st.booleans(), max_size=300), st.randoms(use_true_random=False))
def test_values_choose_no_match(arms: list[bool], random: object) -> None:
    """Which observations are compared with which depends on the order of the arms alone."""
    places, others = np.arange(len(arms), dtype=float), np.random.default_rng(1).random(len(arms))
    one = Matcher(MatcherState()).match(Batch(np.array(arms, bool), places))
    other = Matcher(MatcherState()).match(Batch(np.array(arms, bool), others))
    assert others[one.canary.astype(int)].tolist() == other.canary.tolist()
    assert others[one.production.astype(int)].tolist() == other.production.tolist()


@every_test
@settings(patient, max_examples=15)
@given(cuts=st.lists(st.integers(0, 600), max_size=5), seed=st.integers(0, 5), share=st.sampled_from([0.05, 0.3, 0.7]))
def test_batches_may_be_cut_anywhere(make: Make, cuts: list[int], seed: int, share: float) -> None:
    """A test that is killed and restored from its JSON after any batch ends in the very same bytes."""
    whole, test = make(), make()
    given_ = batch(share, 0.2, 0.3, 600, seed)
    path = whole.observe(given_)
    places = []
    for since, until in zip([0, *sorted(cuts)], [*sorted(cuts), 600], strict=True):
        closed = test.observe(Batch(given_.in_canary[since:until], given_.values[since:until]))
        places += (closed.at + since).tolist()
        kept, test = test.state().model_dump_json(), make()
        test.restore(json.loads(kept))
    assert test.state().model_dump_json() == whole.state().model_dump_json()
    assert test.evidence == whole.evidence
    assert places == path.at.tolist()


@every_test
def test_nothing_seen_is_no_evidence(make: Make) -> None:
    """The difference may be anything, and no margin is met."""
    evidence = make().evidence
    assert (evidence.log_e, evidence.canary, evidence.canary_mean) == (0, 0, None)
    assert (evidence.difference.low, evidence.difference.high) == (-1, 1)
    assert not evidence.within_margin


@every_test
def test_one_arm_alone_is_no_evidence(make: Make) -> None:
    """However much there is of it."""
    for in_canary in (True, False):
        test = make()
        test.observe(Batch(np.full(1000, in_canary), np.ones(1000)))
        assert test.evidence.log_e == 0
        assert not test.evidence.within_margin


@every_test
def test_what_is_clearly_worse_is_found(make: Make) -> None:
    """Ten times as bad with a share of a twentieth: within 200 requests of the canary."""
    test = make()
    test.observe(batch(0.05, 0.05, 0.5, 4000, 1))
    assert test.evidence.log_e > log(1000)
    assert test.evidence.difference.low > 0


@every_test
def test_what_is_better_is_within_the_margin(make: Make) -> None:
    """And never evidence that it is worse."""
    test = make()
    closed = test.observe(batch(0.3, 0.3, 0.05, 6000, 1))
    assert test.evidence.within_margin
    assert closed.log_e[-1] < 0


@every_test
def test_a_state_of_something_else_is_refused(make: Make) -> None:
    """Another test's state, another margin's, or no state at all."""
    for state in ({}, {"wealth": [1]}, RateTest(0.3).state(), TwoArms(Compared(0.1)).state()):
        with pytest.raises(IntegrityError, match="not the state of this test"):
            make().restore(state)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    """A value that can't be compared is never silently left out by a test."""
    with pytest.raises(UsageError, match="can't be compared"):
        Batch(np.array([True]), np.array([value]))


def test_a_rate_takes_zeros_and_ones() -> None:
    """Anything else is a mistake of the caller."""
    with pytest.raises(UsageError, match="zeros and ones"):
        RateTest(0.1).observe(Batch(np.array([True]), np.array([0.5])))


def test_differences_are_in_order() -> None:
    """Ascending, with 0 and the margin exactly among them."""
    found = usual_differences(0.02)
    assert list(found) == sorted(set(found))
    assert {0.0, 0.02, -0.97, 0.97} <= set(found)


@pytest.mark.parametrize("share", [0.05, 0.28, 0.5])
def test_a_good_canary_is_seldom_accused(share: float) -> None:
    """Looked at after every request, over 200 rollouts in which failures come and go for both arms at once.

    With α = .05 at most 5 % may ever reach 1/α; 20 of 200 would be seen with probability .003 if it were just that.
    """
    random, accused = np.random.default_rng(7), 0
    for _ in range(200):
        in_canary = random.random(1500) < share
        rate = np.repeat(random.choice([0.02, 0.1, 0.6], 15), 100)
        failed = (random.random(1500) < rate).astype(float)
        accused += bool((TwoArms(Compared(0.02)).observe(Batch(in_canary, failed)).log_e >= log(20)).any())
    assert accused <= 19


def test_the_confidence_sequence_covers() -> None:
    """Both bounds hold at the end of 100 rollouts with a real difference of .1, but for 10 in 100 at most by design."""
    missed = 0
    for seed in range(100):
        test = TwoArms(Compared(0.02, 0.05, (-0.2, -0.1, 0.0, 0.05, 0.1, 0.15, 0.2)))
        test.observe(batch(0.25, 0.1, 0.2, 1500, seed))
        bounds = test.evidence.difference
        missed += not bounds.low <= 0.1 <= bounds.high
    assert missed <= 18  # Of 100 with probability .1 each: more with probability .002.
