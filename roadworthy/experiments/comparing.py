"""Compares the two arms of an experiment by confidence sequences, which are right at all looks together.

The sequences are those of the canary judge (roadworthy/canary/sequential): each bound is ever wrong with probability
`risk` at most, however people come in time, as long as in each match both arms expect the same but for the difference.
People count once, since the requests of one person are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from roadworthy.canary.sequential.interface import Batch, Closed, Evidence, Flags
from roadworthy.canary.sequential.learned import Asked
from roadworthy.canary.sequential.means import MeanTest
from roadworthy.canary.sequential.two_arms import Compared, TwoArms, usual_differences
from roadworthy.evaluation.values import stable
from roadworthy.experiments.observing import Measured
from roadworthy.experiments.report import Arm, ExperimentVerdict, MetricReport, PathPoint
from roadworthy.release.experiment_metric import ExperimentMetric

ALPHA = 0.05
"""The probability with which a treatment that makes no difference is ever called better or worse."""
_MULTIPLES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True)
class Effect:
    """What is looked for."""

    metric: ExperimentMetric
    smallest: float
    """A difference of shares, or a part of control's mean."""
    alpha: float = ALPHA


@dataclass(frozen=True)
class Comparison:
    """A metric's report, and how its interval came about."""

    report: MetricReport
    path: tuple[PathPoint, ...]


class _Test(Protocol):
    def observe(self, batch: Batch) -> Closed: ...

    @property
    def evidence(self) -> Evidence: ...


def differences_around(margin: float) -> tuple[float, ...]:
    """Return the differences that a sequence tells apart: the usual ones, and finer ones around ±margin."""
    finer = [step * margin for step in _MULTIPLES if step * margin < 0.97]
    return tuple(sorted({*usual_differences(margin), *finer, *(-step for step in finer)}))


def compare(found: Measured, effect: Effect, points: int = 1) -> Comparison:
    """Compare both arms on all people whose measure is known; the path has so many points at most."""
    test, path = _test(effect, found.people), []
    size, step = len(found.people.values), max(1, -(-len(found.people.values) // points))
    for start in range(0, size, step):
        test.observe(_part(found.people, start, start + step))
        if _is_known(test.evidence):
            path.append(_point(min(start + step, size), test.evidence))
    return Comparison(_report(found, effect, test.evidence), tuple(path))


def _test(effect: Effect, people: Batch) -> _Test:
    risk = effect.alpha / 2
    if effect.metric.is_relative:
        return MeanTest(Asked(effect.smallest, risk, differences=differences_around))
    # Mostly people ask once; said so, it is many times quicker, and gives the same.
    once = bool(np.isin(people.values, (0, 1)).all())
    return TwoArms(Compared(effect.smallest, risk, differences_around(effect.smallest), zeros_and_ones=once))


def _report(found: Measured, effect: Effect, evidence: Evidence) -> MetricReport:
    known = _is_known(evidence)
    verdict = verdict_of(effect.metric, evidence) if known else ExperimentVerdict.NOT_YET
    treated = found.people.in_canary
    return MetricReport(
        metric=effect.metric,
        verdict=verdict,
        reason=_REASONS[verdict] if known else "too few people to compare yet",
        treatment=_arm(found.people, treated),
        control=_arm(found.people, ~treated),
        waiting=found.waiting,
        low=stable(evidence.difference.low) if known else None,
        high=stable(evidence.difference.high) if known else None,
        smallest_effect=stable(evidence.margin) if known or not effect.metric.is_relative else None,
        confidence=1 - effect.alpha,
    )


_REASONS = {
    ExperimentVerdict.BETTER: "the whole interval is on the better side of zero",
    ExperimentVerdict.WORSE: "the whole interval is on the worse side of zero",
    ExperimentVerdict.NO_RELEVANT_DIFFERENCE: "the whole interval is within the smallest effect that matters",
    ExperimentVerdict.NOT_YET: "the interval holds zero, and differences that matter",
}


def verdict_of(metric: ExperimentMetric, evidence: Evidence) -> ExperimentVerdict:
    """Return what an interval allows to say. A bound that is zero itself has ruled zero out: bounds lie outside."""
    low, high = evidence.difference.low, evidence.difference.high
    if -evidence.margin <= low and high <= evidence.margin:
        return ExperimentVerdict.NO_RELEVANT_DIFFERENCE
    if low < 0 < high:
        return ExperimentVerdict.NOT_YET
    return ExperimentVerdict.BETTER if (low >= 0) is metric.more_is_better else ExperimentVerdict.WORSE


def _is_known(evidence: Evidence) -> bool:
    return evidence.canary_mean is not None and evidence.production_mean is not None


def _arm(people: Batch, own: Flags) -> Arm:
    values = people.values[own]
    return Arm(people=len(values), mean=stable(float(np.mean(values))) if len(values) else None)


def _part(people: Batch, start: int, end: int) -> Batch:
    return Batch(people.in_canary[start:end], people.values[start:end])


def _point(people: int, evidence: Evidence) -> PathPoint:
    return PathPoint(people=people, low=stable(evidence.difference.low), high=stable(evidence.difference.high))
