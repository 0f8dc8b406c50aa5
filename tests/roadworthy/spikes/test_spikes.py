"""Spikes: counted by hand, told at the end of their first interval, while they last, and seldom without cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from fakes.any_events import NOON, an_event
from fakes.event_tables import table_of
from numpy.typing import NDArray
from scipy.stats import betabinom

from roadworthy.spikes.baseline import Baseline, learn, slots_of
from roadworthy.spikes.counts import INTERVAL, Counts, Limits, Measure, count, interval_before, ninety_fifth
from roadworthy.spikes.judging import Spike, intervals_needed, judge
from roadworthy.spikes.settings import SpikeParams
from roadworthy.spikes.tail import least_unusual, log_tail, wavering
from roadworthy.telemetry.event import Ending, GuardVerdict

PARAMS = SpikeParams()
LIMITS = Limits(1.0, 0.5)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
A_DAY = 288
NEEDED = intervals_needed(PARAMS)


def counts(requests: NDArray[np.int64], errors: NDArray[np.int64], begin: datetime = MONDAY) -> Counts:
    """Counts in which only errors happen."""
    none = np.zeros(len(requests), np.int64)
    return Counts(begin, requests, {measure: errors if measure is Measure.ERRORS else none for measure in Measure})


def usual(days: int, seed: int = 0, share: float = 0.02, wavers: float = 0.001) -> Counts:
    """Days with 200 requests in each interval, of which a wavering share fails."""
    random = np.random.default_rng(seed)
    requests = np.full(days * A_DAY, 200)
    scale = (1 - wavers) / wavers
    return counts(requests, betabinom.rvs(requests, share * scale, (1 - share) * scale, random_state=random))


def baseline() -> Baseline:
    """What is usual by fourteen such days."""
    learned = learn(usual(14), LIMITS, "help", NOON, PARAMS)
    assert learned is not None
    return learned


def told(errors: list[int], requests: int = 200) -> list[Spike]:
    """Judge the last interval after hours of usual ones."""
    before = [4] * (NEEDED - len(errors))
    return list(judge(baseline(), counts(np.full(NEEDED, requests), np.array(before + errors)), PARAMS))


def test_intervals_are_counted_by_hand() -> None:
    """Each measure in its interval; who was turned away, who left, and others' requests count for nothing."""
    held = (GuardVerdict("input", "injection", "blocked", 0.1),)
    events = [
        an_event("r1", NOON, release=1, seconds=0.1),
        an_event("r2", NOON, release=1, seconds=2.0, cost=Decimal("0.6")),
        an_event("r3", NOON + INTERVAL, release=1, seconds=0.1, ending=Ending.TIMEOUT, guards=held),
        an_event("r4", NOON + INTERVAL, release=1, ending=Ending.CANCELLED),
        an_event("r5", NOON + INTERVAL, release=1, ending=Ending.REJECTED),
        an_event("r6", NOON + INTERVAL, release=1, capability="other"),
        an_event("r7", NOON + 2 * INTERVAL, release=1),
        an_event("r8", NOON + INTERVAL, release=1, seconds=float("nan")),
    ]
    found = count(table_of(*events), "help", LIMITS, NOON, 2)
    assert found.requests.tolist() == [2, 2]
    assert {measure.value: values.tolist() for measure, values in found.bad.items()} == {
        "errors": [0, 1],
        "latency": [1, 1],
        "cost": [1, 0],
        "blocked": [0, 1],
    }
    assert ninety_fifth(table_of(), "help") is None


def test_the_last_whole_interval_is_judged() -> None:
    """At five past and a second it is the one from noon to five past."""
    assert interval_before(NOON + timedelta(minutes=5, seconds=1)) == NOON
    assert interval_before(NOON + timedelta(minutes=9, seconds=59)) == NOON


def test_slots_are_hours_of_workdays_and_weekends() -> None:
    """Monday's first hour is the first, Saturday's the twenty-fifth."""
    slots = slots_of(MONDAY, 7 * A_DAY)
    assert (slots[0], slots[12], slots[5 * A_DAY], slots[-1]) == (0, 1, 24, 47)


def test_the_tail_is_the_distributions() -> None:
    """Against a sum of its probabilities; the bound is where it falls below α."""
    shape = (0.02 * 999, 0.98 * 999)
    direct = float(np.sum(betabinom.pmf(np.arange(15, 201), 200, *shape)))
    assert log_tail(15, 200, 0.02, 0.001) == pytest.approx(np.log(direct))
    least = least_unusual(200, 0.02, 0.001, 1e-7)
    assert log_tail(least, 200, 0.02, 0.001) < np.log(1e-7) <= log_tail(least - 1, 200, 0.02, 0.001)


@pytest.mark.parametrize("wavers", [0.001, 0.02])
def test_wavering_is_found_again(wavers: float) -> None:
    """The moments' estimate is near what made the counts."""
    made = usual(14, seed=3, wavers=wavers)
    found = wavering(made.requests, made.bad[Measure.ERRORS], np.full(len(made), 0.02))
    assert found == pytest.approx(wavers, rel=0.25)


def test_a_spike_is_told_at_once_with_its_bound() -> None:
    """A fifth of the requests fail."""
    (spike,) = told([40])
    assert (spike.measure, spike.requests, spike.bad, spike.share) == (Measure.ERRORS, 200, 40, 0.2)
    assert 0.03 < spike.bound < 0.2 and spike.log_tail < np.log(PARAMS.alpha)


def test_a_spike_stays_one_while_it_lasts() -> None:
    """Five hours of it don't become usual; when it is over it is over at once."""
    assert len(told([40] * 60)) == 1
    assert told([40] * 60 + [4]) == []


def test_what_lasts_for_half_a_day_is_a_state() -> None:
    """Then budgets tell of it, not spikes: with nothing but the new share in sight nothing is beyond it."""
    assert len(told([40] * NEEDED)) == 1, "as long as the slots remember what was usual"
    days = counts(np.full(14 * A_DAY, 200), np.full(14 * A_DAY, 40))
    learned = learn(days, LIMITS, "help", NOON, PARAMS)
    assert learned is not None
    assert judge(learned, counts(np.full(NEEDED, 200), np.full(NEEDED, 40)), PARAMS) == ()


def test_few_requests_call_nobody() -> None:
    """Four of four, or nothing at all: less than what counts."""
    assert told([4], requests=4) == []
    assert judge(baseline(), counts(np.zeros(NEEDED, int), np.zeros(NEEDED, int)), PARAMS) == ()


def test_one_bad_day_does_not_hide_the_next() -> None:
    """An outage of six hours on a Saturday is left out of what is usual; what happens each night is not."""
    bad = usual(14)
    bad.bad[Measure.ERRORS][5 * A_DAY : 5 * A_DAY + 72] = 120
    learned, clean = learn(bad, LIMITS, "help", NOON, PARAMS), baseline()
    assert learned is not None
    found, known = learned.measures[Measure.ERRORS], clean.measures[Measure.ERRORS]
    assert found.shares == pytest.approx(known.shares, rel=0.25)
    assert found.wavers == pytest.approx(known.wavers, abs=0.001)
    nightly = usual(14)
    for day in range(14):
        nightly.bad[Measure.ERRORS][day * A_DAY + 36 : day * A_DAY + 48] = 60
    learned = learn(nightly, LIMITS, "help", NOON, PARAMS)
    assert learned is not None and learned.measures[Measure.ERRORS].shares[3] == pytest.approx(0.3, rel=0.1)


def test_too_few_days_teach_nothing() -> None:
    """Two days, however many requests."""
    assert learn(usual(2), LIMITS, "help", NOON, PARAMS) is None


def test_a_baseline_survives_its_file() -> None:
    """What is read again is the same."""
    assert Baseline.model_validate_json(baseline().model_dump_json()) == baseline()


def test_quiet_months_are_quiet() -> None:
    """Thirty days of a share that wavers as fourteen days did: no alarm (α asks for one in 95 years of a measure)."""
    days, learned = usual(30, seed=5), baseline()
    alarms = [at for at in range(NEEDED, len(days)) if judge(learned, part(days, at + 1 - NEEDED, at + 1), PARAMS)]
    assert alarms == []


def part(given: Counts, begin: int, end: int) -> Counts:
    """Some of the intervals."""
    bad = {measure: values[begin:end] for measure, values in given.bad.items()}
    return Counts(given.begin + begin * INTERVAL, given.requests[begin:end], bad)
