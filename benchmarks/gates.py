"""Counts how often the gates on assistants err, over simulated pairs of assistants whose truth is known.

`python -m benchmarks.gates --samples 4000`: scores of 0, 1, 2 of the same queries, which go together as much as two
answers to one question do. Beside ours stands the percentile bootstrap of the same differences.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import norm

from roadworthy.evaluation.answer_comparison import mean_difference
from roadworthy.evaluation.bootstrap import Resampling, replicates, widened
from roadworthy.evaluation.comparison import Comparison
from roadworthy.evaluation.gates import NotWorseGate, judge
from roadworthy.evaluation.values import AnswerMetric, Direction

RESULTS = Path(__file__).resolve().parent / "results" / "gates.json"
METRIC = AnswerMetric.ACCURACY
ALPHA = 0.05
RESAMPLES = 1000


@dataclass(frozen=True)
class Pair:
    """Two assistants: how often each gets 0, 1 and 2, and the correlation of their hidden quality on one query."""

    production: tuple[float, float, float]
    challenger: tuple[float, float, float]
    correlation: float

    @property
    def loss(self) -> float:
        """By how much the challenger is truly worse, on the scale from 0 to 1."""
        return float(np.dot(np.subtract(self.production, self.challenger), (0, 0.5, 1)))

    def draw(self, random: np.random.Generator, queries: int) -> np.ndarray:
        """Return challenger minus production for each query, on the scale from 0 to 1."""
        shared, own = random.normal(size=(2, queries))
        other = self.correlation * shared + (1 - self.correlation**2) ** 0.5 * own
        return (_cut(other, self.challenger) - _cut(shared, self.production)) / 2


ALIKE = Pair((0.15, 0.25, 0.60), (0.15, 0.25, 0.60), 0.7)
TEN_POINTS = Pair((0.15, 0.25, 0.60), (0.22, 0.31, 0.47), 0.7)
WORSE = {
    "typical": Pair((0.15, 0.25, 0.60), (0.20, 0.25, 0.55), 0.7),
    "good": Pair((0.02, 0.05, 0.93), (0.05, 0.05, 0.90), 0.8),
    "right or wrong": Pair((0.10, 0.0, 0.90), (0.15, 0.0, 0.85), 0.9),
    "seldom unsafe": Pair((0.0, 0.0, 1.0), (0.02, 0.0, 0.98), 0.0),
}


def main() -> None:
    """Count, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=4000)
    samples = parser.parse_args().samples
    worse = {
        f"{name}, {queries} queries": _rates(pair, pair.loss, queries, samples)
        for name, pair in WORSE.items()
        for queries in (50, 100, 200)
    }
    found = {
        "samples": samples,
        "alpha": ALPHA,
        "worse by exactly the margin": worse,
        "equally good, margin .05, 200 queries": _rates(ALIKE, 0.05, 200, samples),
        "ten points worse, margin .05, 200 queries": _rates(TEN_POINTS, 0.05, 200, samples),
        "ten points worse, margin .02, 200 queries": _rates(TEN_POINTS, 0.02, 200, samples),
    }
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


def _rates(pair: Pair, margin: float, queries: int, samples: int) -> dict[str, float]:
    """Return how often the gate says what, a direction is claimed, and a percentile bootstrap would pass."""
    gate = NotWorseGate(kind="not_worse", metric=METRIC, margin=margin, confidence=1 - ALPHA)
    random, counts = np.random.default_rng(0), Counter[str]()
    for seed in range(samples):
        values, how = pair.draw(random, queries), Resampling(RESAMPLES, 1 - ALPHA, seed)
        difference = mean_difference(values, how)
        comparison = Comparison(rows=queries, differences={METRIC: difference})
        counts[judge(gate, None, comparison).verdict.value] += 1  # type: ignore[arg-type]
        direction = difference.direction(1 - ALPHA)
        counts[f"called {direction}"] += direction is not Direction.INCONCLUSIVE
        counts["percentile bootstrap passes"] += _percentile_bound(values, how) > -margin
    names = ("pass", "inconclusive", "fail", "called better", "called worse", "percentile bootstrap passes")
    return {name: round(counts[name] / samples, 4) for name in names}


def _percentile_bound(values: np.ndarray, how: Resampling) -> float:
    queries = len(values)
    means = replicates(lambda weights: {METRIC: weights @ values / queries}, queries, how)[METRIC]
    return float(np.quantile(means, widened(np.array([ALPHA]), queries))[0])


def _cut(hidden: np.ndarray, shares: tuple[float, float, float]) -> np.ndarray:
    return np.searchsorted(norm.ppf(np.cumsum(shares)[:2]), hidden).astype(float)


if __name__ == "__main__":
    main()
