"""Judges a night: each release's scores with intervals, held against its gates' floors and against earlier nights.

A drop is one that matters and is sure: the mean is below floor, or below earlier nights by more than `MATTERS`, at a
confidence that calls a night wrong once a year over all metrics and live groups together. The bounds are those of
roadworthy/evaluation/bounded_means.py, which hold for few and for nearly equal scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from roadworthy.evaluation.bootstrap import Resampling
from roadworthy.evaluation.bounded_means import SHARES, distribution_of_mean, estimate_within
from roadworthy.evaluation.checks import FEWEST_UNITS
from roadworthy.evaluation.gates import FloorGate, Gate
from roadworthy.evaluation.values import AnswerMetric, stable
from roadworthy.live_quality.exchanges import Exchange, Group, Sample
from roadworthy.live_quality.report import Drop, GroupOfNight, MetricOfNight, NightQuality, QualityVerdict
from roadworthy.live_quality.scoring import METRICS, ExchangeScorer
from roadworthy.serving.route import CONTROL

MATTERS = 0.05
"""A mean of one night is that much below the others' for many a reason: other questions, other people."""
FEWEST_NIGHTS = 7
_RESAMPLES = 20_000
_ALARM = 1 / (365 * len(METRICS))
"""The probability of a false alarm of one metric in one night, for all live groups together."""


def group_of_night(group: Group, sampled: Sample, scorer: ExchangeScorer | None) -> GroupOfNight:
    """Score what was chosen of a group; without a scorer nothing is. Live groups share the level of false alarms."""
    chosen = sampled.chosen.get(group, ())
    alarm = _ALARM / max(1, sum(_is_live(one.arm) for one in sampled.chosen))
    return GroupOfNight(
        release=group.release,
        arm=group.arm,
        exchanges=sampled.counts[group],
        kept=sampled.kept.get(group, 0),
        sampled=len(chosen),
        metrics=_metrics(chosen, scorer, alarm) if scorer else {},
    )


def judge_night(
    capability: str,
    night: date,
    groups: Sequence[GroupOfNight],
    gates: Mapping[int, tuple[Gate, ...]],
    earlier: Sequence[NightQuality],
) -> NightQuality:
    """Judge the groups; `gates` are by release, and `earlier` are nights before this one."""
    known = [one for one in earlier if any(group.metrics for group in one.groups)]
    drops = tuple(drop for group in groups if _is_live(group.arm) for drop in _drops(group, gates, known))
    verdict, reason = _verdict(groups, drops)
    return NightQuality(
        capability=capability,
        night=night,
        verdict=verdict,
        reason=reason,
        groups=tuple(sorted(groups, key=lambda group: (group.release, group.arm))),
        drops=drops,
        earlier_nights=len(known),
    )


def _metrics(chosen: Sequence[Exchange], scorer: ExchangeScorer, alarm: float) -> dict[AnswerMetric, MetricOfNight]:
    rows = [scorer.shares(exchange) for exchange in chosen]
    return {
        metric: _metric([row[metric] for row in rows if metric in row], scorer.versions[metric], alarm)
        for metric in METRICS
    }


def _metric(shares: Sequence[float], version: int, alarm: float) -> MetricOfNight:
    if len(shares) < FEWEST_UNITS:
        return MetricOfNight(exchanges=len(shares), version=version, estimate=None, surely_below=None)
    values = np.array(shares, dtype=np.float64)
    found = distribution_of_mean(values, SHARES, Resampling(_RESAMPLES, 0.95, 0))
    below = stable(float(found.quantiles(np.array([1 - alarm]))[0]))
    estimate = estimate_within(found, float(values.mean()), 0.95)
    return MetricOfNight(exchanges=len(shares), version=version, estimate=estimate, surely_below=below)


def _is_live(arm: str) -> bool:
    """Tell whether people meet it without a judge: canaries and treatments have judges of their own."""
    return arm == "production" or arm.endswith(f"/{CONTROL}")


def _drops(
    group: GroupOfNight, gates: Mapping[int, tuple[Gate, ...]], earlier: Sequence[NightQuality]
) -> Iterator[Drop]:
    for metric, found in group.metrics.items():
        if found.estimate is None or found.surely_below is None:
            continue
        for against, expected in _expected(group.release, metric, found, gates, earlier):
            if found.surely_below < expected:
                yield Drop(
                    release=group.release,
                    arm=group.arm,
                    metric=metric,
                    value=found.estimate.value,
                    surely_below=found.surely_below,
                    expected=stable(expected),
                    against=against,
                )


def _expected(
    release: int,
    metric: AnswerMetric,
    found: MetricOfNight,
    gates: Mapping[int, tuple[Gate, ...]],
    earlier: Sequence[NightQuality],
) -> Iterator[tuple[str, float]]:
    for gate in gates.get(release, ()):
        if isinstance(gate, FloorGate) and gate.metric is metric:
            yield "its gates", gate.bound
    means = [mean for night in earlier if (mean := _mean(night, metric, found.version)) is not None]
    if len(means) >= FEWEST_NIGHTS:
        yield f"the {len(means)} nights before", float(np.mean(means)) - MATTERS


def _mean(night: NightQuality, metric: AnswerMetric, version: int) -> float | None:
    """Return an earlier night's mean over its live groups."""
    same = [
        one
        for group in night.groups
        if _is_live(group.arm) and (one := group.metrics.get(metric)) and one.estimate and one.version == version
    ]
    total = sum(one.exchanges for one in same)
    return sum(one.exchanges * one.estimate.value for one in same if one.estimate) / total if total else None


def _verdict(groups: Sequence[GroupOfNight], drops: Sequence[Drop]) -> tuple[QualityVerdict, str]:
    if drops:
        return QualityVerdict.DROPPED, "; ".join(drop.text for drop in drops)
    if not sum(group.exchanges for group in groups):
        return QualityVerdict.NO_REQUESTS, "nobody asked"
    if not sum(group.kept for group in groups):
        return QualityVerdict.NO_CONTENTS, "no contents of these exchanges are kept"
    if not any(one.estimate for group in groups for one in group.metrics.values()):
        return QualityVerdict.TOO_FEW, f"no metric applies to {FEWEST_UNITS} exchanges that were kept"
    return QualityVerdict.MEASURED, "nothing is below its gates' floors, or below the nights before"
