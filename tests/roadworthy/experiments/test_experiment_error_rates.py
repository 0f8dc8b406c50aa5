"""How often an experiment's report is wrong, on seeded simulations: no oftener than stated, however often one looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from roadworthy.canary.sequential.interface import Batch, Floats
from roadworthy.experiments.comparing import Effect, compare
from roadworthy.experiments.observing import Measured, People
from roadworthy.experiments.report import ExperimentVerdict, MetricReport, SplitVerdict
from roadworthy.experiments.split_check import check_split
from roadworthy.release.experiment_metric import ExperimentMetric

Draw = Callable[[np.random.Generator, Floats], Floats]
"""Values of people for whom the array says how much the treatment changes their mean."""


def shares(base: float, most: int = 1) -> Draw:
    """Each person's share of requests that went well; `most` of them at most."""

    def draw(random: np.random.Generator, change: Floats) -> Floats:
        asked = random.integers(1, most + 1, len(change))
        values: Floats = random.binomial(asked, base + change) / asked
        return values

    return draw


def seconds(random: np.random.Generator, change: Floats) -> Floats:
    """Each person's mean latency, with a long tail."""
    values: Floats = random.lognormal(0, 0.5, len(change)) * (1 + change)
    return values


def reports(
    metric: ExperimentMetric, draw: Draw, change: float, smallest: float, people: int, runs: int
) -> list[MetricReport]:
    """The reports of so many experiments, after so many people each; half of them are treated."""
    random = np.random.default_rng(7)
    found = []
    for _ in range(runs):
        treated = random.random(people) < 0.5
        values = draw(random, np.where(treated, change, 0.0))
        found.append(compare(Measured(Batch(treated, values), 0), Effect(metric, smallest)).report)
    return found


def verdicts(*given: object) -> Counter[ExperimentVerdict]:
    """How often which verdict is given."""
    return Counter(report.verdict for report in reports(*given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metric", "draw", "smallest", "runs", "most"),
    [
        # So many or more would come with a probability below .01 at five in a hundred.
        (ExperimentMetric.SUCCESS, shares(0.9), 0.02, 200, 18),
        (ExperimentMetric.SUCCESS, shares(0.5, most=5), 0.02, 40, 6),
        (ExperimentMetric.LATENCY, seconds, 0.1, 40, 6),
    ],
)
def test_no_difference_is_seldom_called_one(
    metric: ExperimentMetric, draw: Draw, smallest: float, runs: int, most: int
) -> None:
    """Zero is ever outside of the interval, at all looks together, in five of a hundred experiments at most.

    Bounds only narrow, so the last report knows of every earlier one.
    """
    found = reports(metric, draw, 0.0, smallest, 900, runs)
    outside = sum(one.low is not None and one.high is not None and (one.low >= 0 or one.high <= 0) for one in found)
    assert outside <= most


def test_a_difference_that_matters_is_seldom_called_none() -> None:
    """Exactly at the smallest effect, "no relevant difference" is wrong in 2.5 of a hundred experiments at most."""
    found = verdicts(ExperimentMetric.SUCCESS, shares(0.8), 0.1, 0.1, 1500, 100)
    assert found[ExperimentVerdict.NO_RELEVANT_DIFFERENCE] <= 7
    assert found[ExperimentVerdict.WORSE] == 0


@pytest.mark.parametrize(
    ("metric", "draw", "change", "expected"),
    [
        (ExperimentMetric.SUCCESS, shares(0.8), 0.1, ExperimentVerdict.BETTER),
        (ExperimentMetric.SUCCESS, shares(0.8), -0.1, ExperimentVerdict.WORSE),
        (ExperimentMetric.REFUSED, shares(0.2), 0.1, ExperimentVerdict.WORSE),
        (ExperimentMetric.LATENCY, seconds, -0.3, ExperimentVerdict.BETTER),
        (ExperimentMetric.LATENCY, seconds, 0.3, ExperimentVerdict.WORSE),
    ],
)
def test_a_clear_difference_is_found(
    metric: ExperimentMetric, draw: Draw, change: float, expected: ExperimentVerdict
) -> None:
    """In nine of ten experiments with 3,000 people, and on the right side, whichever way is better."""
    assert verdicts(metric, draw, change, 0.05, 3000, 20)[expected] >= 18


def test_as_good_is_said_when_it_is_known() -> None:
    """With enough people the interval is within the smallest effect that matters."""
    found = verdicts(ExperimentMetric.SUCCESS, shares(0.9), 0.0, 0.05, 7000, 20)
    assert found[ExperimentVerdict.NO_RELEVANT_DIFFERENCE] >= 18


def test_the_interval_holds_the_difference() -> None:
    """At all looks together, in 95 of a hundred experiments at least, whatever the difference is; here in 60."""
    found = reports(ExperimentMetric.SUCCESS, shares(0.7), 0.15, 0.02, 800, 60)
    assert sum(one.low is not None and one.low <= 0.15 <= (one.high or 1) for one in found) >= 52


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_a_right_split_is_hardly_ever_called_broken(share: float) -> None:
    """At all looks together: one experiment in a thousand."""
    random = np.random.default_rng(11)
    found = [check_split(People(random.random(3000) < share, 0), share).verdict for _ in range(1000)]
    assert found.count(SplitVerdict.BROKEN) <= 5
    assert SplitVerdict.TOO_FEW not in found


def test_a_broken_split_is_found() -> None:
    """Where a tenth of the treated people get lost, before twenty thousand have come."""
    random = np.random.default_rng(11)
    lossy = 0.5 * 0.9 / (0.5 * 0.9 + 0.5)
    found = [check_split(People(random.random(20_000) < lossy, 0), 0.5).verdict for _ in range(50)]
    assert found.count(SplitVerdict.BROKEN) >= 48
