"""Injects spikes into simulated traffic, and counts false alarms in a quiet year.

`python -m benchmarks.spikes [--days 365]`: seeded. Traffic has a day, a week and chance; the shares of failed, slow,
dear and blocked requests have a day and a week of their own, wander (autocorrelated over hours) and shiver from
interval to interval. What is usual is learned anew each day from the 14 days before, as the watch does.

quiet: no interval may spike. injected: 40 spikes, ten of each measure, at random times by night and day, of about four
requests in ten: 40 points more of errors and of blocks, latency and cost tripled. Each has to be told at the end of its
first interval. smaller: 40 of 25, 15 and 10 points, which the few requests of a night can't always show. Beside it
stand the burn rates of service levels on the same errors, at the end of the same interval.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta
from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadworthy.canonical import readable_json
from roadworthy.service_levels.budget import BudgetVerdict, judge_budget
from roadworthy.service_levels.consumption import Consumption
from roadworthy.service_levels.objectives import SuccessObjective
from roadworthy.spikes.baseline import Baseline, learn
from roadworthy.spikes.counts import Counts, Limits, Measure
from roadworthy.spikes.judging import intervals_needed, judge
from roadworthy.spikes.settings import SpikeParams

RESULTS = Path(__file__).resolve().parent / "results" / "spikes.json"
PARAMS = SpikeParams()
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
A_DAY = 288
BASE = {Measure.ERRORS: 0.02, Measure.LATENCY: 0.012, Measure.COST: 0.012, Measure.BLOCKED: 0.01}
"""Shares on a usual day, in the middle of their own day and week."""
LIMITS = Limits(1.0, 1.0)
SPIKES = 40
Figures = NDArray[np.float64]


def shares(days: int, base: float, random: np.random.Generator) -> Figures:
    """Return a share for each interval: by hour, half as much at weekends, wandering with a memory of four hours."""
    hours = np.arange(days * A_DAY) / 12
    season = 1 + 0.4 * np.sin(2 * np.pi * (hours - 9) / 24)
    weekend = np.where(hours // 24 % 7 >= 5, 0.7, 1.0)
    wander = _wander(len(hours), memory=48, spread=0.2, random=random)
    shiver = random.normal(0, 0.15, len(hours))
    return np.asarray(base * season * weekend * np.exp(wander + shiver))


def traffic(days: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return requests for each interval: from about 60 at night to 400 by day, less at weekends."""
    hours = np.arange(days * A_DAY) / 12
    season = 230 + 170 * np.sin(2 * np.pi * (hours - 9) / 24)
    weekend = np.where(hours // 24 % 7 >= 5, 0.6, 1.0)
    wander = _wander(len(hours), memory=24, spread=0.15, random=random)
    return random.poisson(season * weekend * np.exp(wander))


def _wander(length: int, memory: int, spread: float, random: np.random.Generator) -> Figures:
    """Return an autoregressive walk around 0 with this standard deviation."""
    from scipy.signal import lfilter

    kept = np.exp(-1 / memory)
    noise = random.normal(0, spread * np.sqrt(1 - kept**2), length)
    return np.asarray(lfilter([1], [1, -kept], noise))


def a_world(days: int, random: np.random.Generator) -> Counts:
    """Return the quiet counts of so many days."""
    requests = traffic(days, random)
    bad = {
        measure: random.binomial(requests, np.minimum(shares(days, base, random), 0.9))
        for measure, base in BASE.items()
    }
    return Counts(MONDAY, requests, bad)


def part(counts: Counts, begin: int, end: int) -> Counts:
    """Return some of the intervals."""
    bad = {measure: values[begin:end] for measure, values in counts.bad.items()}
    return Counts(counts.begin + begin * timedelta(minutes=5), counts.requests[begin:end], bad)


def baselines(counts: Counts) -> list[Baseline | None]:
    """Return each day's baseline, learned from the days before it."""
    found: list[Baseline | None] = [None] * PARAMS.history_days
    for day in range(PARAMS.history_days, len(counts) // A_DAY):
        history = part(counts, (day - PARAMS.history_days) * A_DAY, day * A_DAY)
        found.append(learn(history, LIMITS, "simulated", MONDAY, PARAMS))
    return found


def spikes_at(counts: Counts, at: int, baseline: Baseline) -> set[Measure]:
    """Return which measures the watch tells of at the end of an interval."""
    seen = part(counts, max(at + 1 - intervals_needed(PARAMS), 0), at + 1)
    return {spike.measure for spike in judge(baseline, seen, PARAMS)}


def quiet(counts: Counts, learned: list[Baseline | None]) -> dict[str, Any]:
    """Judge every interval after the first history, as the watch does."""
    told: dict[str, int] = dict.fromkeys((measure.value for measure in Measure), 0)
    judged = range(PARAMS.history_days * A_DAY, len(counts))
    for at in judged:
        baseline = learned[at // A_DAY]
        assert baseline is not None
        for measure in spikes_at(counts, at, baseline):
            told[measure.value] += 1
    return {"days": len(judged) // A_DAY, "intervals": len(judged), "measures": len(Measure), "false_alarms": told}


def injected(
    counts: Counts,
    learned: list[Baseline | None],
    random: np.random.Generator,
    points: float,
    measures: tuple[Measure, ...] = tuple(Measure),
) -> dict[str, Any]:
    """Inject each spike alone, for an hour, and see whether it is told at the end of its first interval."""
    caught, burned, missed, others = 0, 0, [], 0
    for number in range(SPIKES):
        measure = measures[number % len(measures)]
        at = int(random.integers(PARAMS.history_days * A_DAY, len(counts) - 12))
        hit = _with_spike(counts, at, measure, points, random)
        baseline = learned[at // A_DAY]
        assert baseline is not None
        told = spikes_at(hit, at, baseline)
        caught += measure in told
        others += len(told - {measure})
        if measure not in told:
            missed.append(
                {"measure": measure.value, "requests": int(hit.requests[at]), "bad": int(hit.bad[measure][at])}
            )
        if measure is Measure.ERRORS:
            burned += _burns(hit, at)
    found: dict[str, Any] = {"spikes": SPIKES, "told_within_one_interval": caught, "of_other_measures": others}
    if Measure.LATENCY in measures:
        found |= {"missed": missed, "errors": SPIKES // len(measures), "burn_rates_told_of_errors": burned}
    return found


def _with_spike(counts: Counts, at: int, measure: Measure, points: float, random: np.random.Generator) -> Counts:
    # Three times as slow, lognormal with a spread of .5: so many are beyond 1.5 times the usual 95th percentile.
    share = _beyond_tripled() if measure in (Measure.LATENCY, Measure.COST) else points
    changed = counts.bad[measure].copy()
    hours = slice(at, at + 12)
    changed[hours] += random.binomial(counts.requests[hours] - changed[hours], share)
    return Counts(counts.begin, counts.requests, {**counts.bad, measure: changed})


def _beyond_tripled(spread: float = 0.5) -> float:
    limit = 1.645 * spread + np.log(PARAMS.beyond) - np.log(3)
    return float(0.5 * (1 - erf(limit / spread / sqrt(2))))


def _burns(counts: Counts, at: int) -> bool:
    """Tell whether a burn rate pages at the end of the interval."""
    seen = part(counts, max(at + 1 - 30 * A_DAY, 0), at + 1)
    starts = np.repeat(seen.begin.timestamp() + 300.0 * np.arange(len(seen)), seen.requests)
    ends = np.cumsum(seen.requests)
    used = np.zeros(int(ends[-1]))
    for end, failed in zip(ends.tolist(), seen.bad[Measure.ERRORS].tolist(), strict=True):
        used[end - failed : end] = 1.0
    now = seen.begin + len(seen) * timedelta(minutes=5)
    report = judge_budget(SuccessObjective(target=0.97), Consumption(starts, used), now)
    return report.verdict is BudgetVerdict.PAGE


def main() -> None:
    """Simulate, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    days = parser.parse_args().days
    random = np.random.default_rng(20260105)
    counts = a_world(days + PARAMS.history_days, random)
    begun = time.perf_counter()
    learned = baselines(counts)
    taught = time.perf_counter()
    found = {"injected": injected(counts, learned, random, points=0.4), "quiet": quiet(counts, learned)}
    shares_only = (Measure.ERRORS, Measure.BLOCKED)
    found["smaller"] = {
        f"{points:g}": injected(counts, learned, random, points, shares_only) for points in (0.25, 0.15, 0.10)
    }
    found["seconds"] = {"learning": round(taught - begun, 2), "judging": round(time.perf_counter() - taught, 2)}
    found["wavers"] = {measure.value: usual.wavers for measure, usual in learned[-1].measures.items()}  # type: ignore[union-attr]
    RESULTS.write_bytes(readable_json(found))
    print(readable_json(found).decode())


if __name__ == "__main__":
    main()
