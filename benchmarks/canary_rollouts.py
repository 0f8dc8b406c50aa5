"""Simulates canaries: how often a good one is rolled back, and how soon a bad one is.

`python -m benchmarks.canary_rollouts [--part N]`: seeded rollouts, judged by the default plan's tests and weights after
every request. Beside it stands what people do without it: a two-proportion z-test at the same α, looked at after every
canary request. `--part 10` runs a tenth of the rollouts.

good: nothing differs between the arms, or failures come in waves that hit both. errors: 5 % become 8 %; the traffic is
compared with that of a fixed-sample z-test of the same α, with 95 % power and the same shares. bad: each of errors,
latency, cost and quality is clearly worse; counted are the canary's requests until it is rolled back.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from roadworthy.canary.judge import make_test
from roadworthy.canary.sequential.interface import Batch
from roadworthy.canary.sequential.two_arms import no_differences
from roadworthy.canary.settings import CanaryMetric, CanaryParams
from roadworthy.canonical import readable_json

RESULTS = Path(__file__).resolve().parent / "results" / "canary_rollouts.json"
PLAN = CanaryParams()
FIRST_LOOK = 30
"""The repeated z-test waits for so many canary requests: with fewer nobody would trust it."""
POWER = 0.95
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """What requests are like in each arm, production's first."""

    errors: tuple[float, float] = (0.05, 0.05)
    seconds: tuple[float, float] = (0.8, 0.8)
    """The median."""
    cost: tuple[float, float] = (0.001, 0.001)
    """The mean."""
    blocked: tuple[float, float] = (0.01, 0.01)
    refused: tuple[float, float] = (0.03, 0.03)
    thumbs_down: tuple[float, float] = (0.15, 0.15)
    thumbs: float = 0.3
    """The part of requests that get one."""
    waves: bool = False
    """Failures come in waves, from a fifth of their rate to ten times as many, for both arms at once."""


def rollout(world: World, share: float, requests: int, random: np.random.Generator) -> Mapping[CanaryMetric, Batch]:
    """Make one rollout's observations, and their places are those of their requests (NaN where there is none)."""
    arm = (random.random(requests) < share).astype(int)
    wave = np.repeat(random.choice([0.2, 1.0, 10.0], requests // 500 + 1, p=[0.4, 0.5, 0.1]), 500)[:requests]
    rate = np.array(world.errors)[arm] * (wave if world.waves else 1)
    failed = random.random(requests) < rate
    # What fails is slow, and what is slow costs more: the metrics depend on each other.
    spread = random.normal(0, 0.5, requests) + failed
    seconds = np.array(world.seconds)[arm] * np.exp(spread)
    cost = np.array(world.cost)[arm] * random.gamma(4, 0.25, requests) * np.exp(0.3 * spread - 0.3 * failed)
    in_canary = arm.astype(bool)
    batches = {CanaryMetric.ERRORS: Batch(in_canary, failed.astype(float))}
    batches |= dict.fromkeys((CanaryMetric.LATENCY_P50, CanaryMetric.LATENCY_P95), Batch(in_canary, seconds))
    batches[CanaryMetric.COST] = Batch(in_canary, cost)
    for metric in (CanaryMetric.BLOCKED, CanaryMetric.REFUSED):
        rates = np.array(getattr(world, metric.value))[arm]
        batches[metric] = Batch(in_canary, (random.random(requests) < rates).astype(float))
    down = (random.random(requests) < np.array(world.thumbs_down)[arm]).astype(float)
    rated = random.random(requests) < world.thumbs
    batches[CanaryMetric.THUMBS_DOWN] = Batch(in_canary & rated, np.where(rated, down, -1.0))
    return batches


def first_rollback(batches: Mapping[CanaryMetric, Batch]) -> int | None:
    """Return after how many canary requests the judge rolls back; None when it never does."""
    in_canary = batches[CanaryMetric.ERRORS].in_canary
    wealth = np.full(len(in_canary), 1.0 - sum(PLAN.weights[metric] for metric in batches))
    for metric, batch in batches.items():
        given = batch.values >= 0
        places = np.flatnonzero(given)
        test = make_test(metric, PLAN, no_differences)
        closed = test.observe(Batch(batch.in_canary[given], batch.values[given]))
        wealth += PLAN.weights[metric] * _steps(len(in_canary), places[closed.at], closed.log_e)
    return _first(wealth >= 1 / PLAN.alpha, in_canary)


def first_z(batch: Batch, alpha: float) -> int | None:
    """Return after how many canary requests a repeated one-sided two-proportion z-test rolls back."""
    canary, production = np.cumsum(batch.in_canary), np.cumsum(~batch.in_canary)
    bad, bad_there = np.cumsum(batch.values * batch.in_canary), np.cumsum(batch.values * ~batch.in_canary)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (bad + bad_there) / (canary + production)
        error = np.sqrt(pooled * (1 - pooled) * (1 / canary + 1 / production))
        z = (bad / canary - bad_there / production) / error
    return _first((z > norm.isf(alpha)) & (canary >= FIRST_LOOK) & batch.in_canary, batch.in_canary)


def fixed_sample(share: float, alpha: float, worse: float = 0.08, good: float = 0.05) -> float:
    """Return the canary requests that a z-test at one look needs; Fleiss, Levin, Paik (2003), section 4.2, unpooled."""
    noise = worse * (1 - worse) + good * (1 - good) * share / (1 - share)
    return float((norm.isf(alpha) + norm.isf(1 - POWER)) ** 2 * noise / (worse - good) ** 2)


def good(rollouts: int, share: float, requests: int, world: World, seed: int) -> dict[str, Any]:
    """Roll out canaries that are as good as production."""
    random, ours, theirs = np.random.default_rng(seed), 0, 0
    for _ in range(rollouts):
        batches = rollout(world, share, requests, random)
        ours += first_rollback(batches) is not None
        theirs += first_z(batches[CanaryMetric.ERRORS], PLAN.alpha) is not None
    return {
        "rollouts": rollouts,
        "requests": requests,
        "share": share,
        "false rollbacks": ours / rollouts,
        "at most, with 97.5 % confidence": round(float(binomtest(ours, rollouts).proportion_ci().high), 4),
        "false rollbacks of a repeated z-test on errors alone": theirs / rollouts,
    }


def errors(rollouts: int, share: float, requests: int, seed: int) -> dict[str, Any]:
    """Roll out canaries whose errors are 8 % instead of 5 %."""
    random, alpha = np.random.default_rng(seed), PLAN.alpha * PLAN.weights[CanaryMetric.ERRORS]
    found = []
    for _ in range(rollouts):
        in_canary = random.random(requests) < share
        failed = (random.random(requests) < np.where(in_canary, 0.08, 0.05)).astype(float)
        found.append(first_rollback({CanaryMetric.ERRORS: Batch(in_canary, failed)}) or requests * share)
    mean, fixed = float(np.mean(found)), fixed_sample(share, alpha)
    return {
        "rollouts": rollouts,
        "share": share,
        "caught": float(np.mean(np.array(found) < requests * share)),
        "canary requests at most": round(requests * share),
        "canary requests, mean": round(mean),
        "canary requests, fixed sample": round(fixed),
        "of the fixed sample": round(mean / fixed, 3),
        "of the fixed sample of a test of errors alone": round(mean / fixed_sample(share, PLAN.alpha), 3),
    }


def bad(rollouts: int, world: World, seed: int) -> dict[str, Any]:
    """Roll out canaries that are clearly worse, at the first share."""
    random = np.random.default_rng(seed)
    found = [first_rollback(rollout(world, PLAN.shares[0], 12_000, random)) or np.inf for _ in range(rollouts)]
    return {
        "rollouts": rollouts,
        "canary requests, median": float(np.median(found)),
        "canary requests, 95 of 100": float(np.quantile(found, 0.95, method="higher")),
        "within 200": float(np.mean(np.array(found) <= 200)),
    }


def _steps(length: int, at: NDArray[np.int64], log_e: NDArray[np.float64]) -> NDArray[np.float64]:
    """The e-value after each request."""
    last = np.zeros(length, np.int64)
    last[at] = np.arange(1, len(at) + 1)
    path: NDArray[np.float64] = np.exp(np.minimum(np.concatenate(([0.0], log_e)), 600))[np.maximum.accumulate(last)]
    return path


def _first(rejects: Flags, in_canary: Flags) -> int | None:
    hits = np.flatnonzero(rejects)
    return int(np.cumsum(in_canary)[hits[0]]) if len(hits) else None


def main() -> None:
    """Simulate, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", type=int, default=1, help="Run one in so many rollouts.")
    parser.add_argument("--results", type=Path, help="Where figures are kept; with --part they are only printed.")
    given = parser.parse_args()
    part, results = given.part, given.results or (RESULTS if given.part == 1 else None)
    started, figures = time.process_time(), {}
    runs = {
        "good, 5 %": lambda: good(2000 // part, 0.05, 20_000, World(), 1),
        "good, 50 %": lambda: good(500 // part, 0.5, 4000, World(), 2),
        "good, failures in waves": lambda: good(500 // part, 0.25, 4000, World(waves=True), 3),
        "errors 5 % become 8 %, share 5 %": lambda: errors(500 // part, 0.05, 80_000, 4),
        "errors 5 % become 8 %, share 25 %": lambda: errors(200 // part, 0.25, 24_000, 5),
        "errors 5 % become 8 %, share 50 %": lambda: errors(200 // part, 0.5, 16_000, 6),
        "bad: errors 5 % become 20 %": lambda: bad(300 // part, World(errors=(0.05, 0.2)), 7),
        "bad: twice as slow": lambda: bad(300 // part, World(seconds=(0.8, 1.6)), 8),
        "bad: half as dear again": lambda: bad(300 // part, World(cost=(0.001, 0.0015)), 9),
        "bad: thumbs down 15 % become 60 %": lambda: bad(300 // part, World(thumbs_down=(0.15, 0.6)), 10),
        "bad: blocked 1 % become 10 %": lambda: bad(300 // part, World(blocked=(0.01, 0.1)), 11),
    }
    for name, run in runs.items():
        figures[name] = run()
        print(f"{time.process_time() - started:6.1f} s", name, figures[name], flush=True)
    if results:
        results.write_bytes(readable_json({"alpha": PLAN.alpha, "figures": figures}))


if __name__ == "__main__":
    main()
