"""What is usual: the share of bad requests by hour, on workdays and at weekends, and how much it wavers by itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from roadworthy.chain.link import Moment
from roadworthy.spikes.counts import INTERVAL, SECONDS, Counts, Limits, Measure, Wholes
from roadworthy.spikes.settings import SpikeParams
from roadworthy.spikes.tail import log_tail, wavering

_SLOTS = 48
"""Hours of a workday, then of a day at the weekend, in UTC."""
_PRIOR_REQUESTS = 100.0
"""A slot with fewer requests than that is mostly what all slots together say."""
_SEVERAL = 4.0
_FEW = 5.0
"""Bad requests an hour that are never odd."""
RECENT = 12
"""What the last hour showed counts as usual, too: what wanders slowly is no spike."""
Shares = NDArray[np.float64]


class Usual(BaseModel):
    """What is usual of one measure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shares: tuple[float, ...]
    """By slot."""
    wavers: float
    """The intra-interval correlation of the beta-binomial distribution: 0 is pure chance."""


class Baseline(BaseModel):
    """What is usual of a capability."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    capability: str
    learned: Moment
    days: int
    """Days with traffic from which it was learned."""
    limits: Limits
    measures: dict[Measure, Usual]


class Learned(BaseModel):
    """What was learned on a UTC day by these rules; None when too little was known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    params: SpikeParams
    baseline: Baseline | None


def learn(counts: Counts, limits: Limits, capability: str, now: datetime, params: SpikeParams) -> Baseline | None:
    """Return what is usual by `counts` of whole UTC days; None with fewer than `least_days` of traffic.

    Spikes of the past are found by a first baseline, and left out of the second.
    """
    per_day = np.add.reduceat(counts.requests, np.arange(0, len(counts), 86400 // SECONDS))
    days = int(np.count_nonzero(per_day))
    if days < params.least_days:
        return None
    measures = {measure: _usual(counts, measure, params) for measure in Measure}
    return Baseline(capability=capability, learned=now, days=days, limits=limits, measures=measures)


def slots_of(begin: datetime, intervals: int) -> Wholes:
    """Return each interval's slot."""
    moments = int(begin.timestamp()) + SECONDS * np.arange(intervals)
    hours, weekdays = moments // 3600 % 24, (moments // 86400 + 3) % 7  # 1970 began on a Thursday.
    return np.asarray(hours + 24 * (weekdays >= 5), np.int64)


def expected(slots: Shares, requests: Wholes, bad: Wholes, left_out: NDArray[np.bool_]) -> Shares:
    """Return each interval's usual share: the slot's, or that of the hour before where that is more.

    Intervals that are `left_out` say nothing of later ones. Shapes: all (intervals,).
    """
    asked, failed = (np.concatenate(([0], np.cumsum(np.where(left_out, 0, one)))) for one in (requests, bad))
    ends = np.arange(len(requests))
    begins = np.maximum(ends - RECENT, 0)
    recent_bad, recent = failed[ends] - failed[begins], asked[ends] - asked[begins]
    hour = (recent_bad + _PRIOR_REQUESTS * slots) / (recent + _PRIOR_REQUESTS)
    return np.asarray(np.minimum(np.maximum(slots, hour), 0.999), np.float64)


def _usual(counts: Counts, measure: Measure, params: SpikeParams) -> Usual:
    requests, bad = counts.requests, counts.bad[measure]
    slots = slots_of(counts.begin, len(counts))
    out = _odd_hours(requests, bad)
    for last in (False, False, True):
        shares = _shares(slots, requests, bad, out)
        usual = expected(shares[slots], requests, bad, out)
        wavers = wavering(requests[~out], bad[~out], usual[~out])
        if not last:
            out = _unusual(requests, bad, usual, wavers, params)
    return Usual(shares=tuple(shares.tolist()), wavers=wavers)


def _odd_hours(requests: Wholes, bad: Wholes) -> NDArray[np.bool_]:
    """Find hours with several times the share that other days have at the same hour, to begin without them.

    An outage of hours would else be half of what is known of a weekend, and hide the next one for two weeks.
    """
    asked, failed = (one.reshape(-1, 24, RECENT).sum(axis=2) for one in (requests, bad))
    shares = (failed + 0.5) / (asked + 1)
    least = _FEW / max(float(np.median(asked[asked > 0])), 1.0) if asked.any() else 1.0
    typical = np.maximum(np.median(np.where(asked > 0, shares, np.nan_to_num(np.median(shares))), axis=0), least)
    return np.repeat((shares > _SEVERAL * typical).ravel(), RECENT)


def _unusual(requests: Wholes, bad: Wholes, usual: Shares, wavers: float, params: SpikeParams) -> NDArray[np.bool_]:
    """Find past spikes; with a hundredfold of the error rate, so that they don't widen what is usual."""
    out = np.zeros(len(requests), bool)
    for at in np.flatnonzero((bad >= params.least_bad) & (bad >= params.least_ratio * usual * requests)):
        tail = log_tail(int(bad[at]), int(requests[at]), float(usual[at]), wavers)
        out[at] = tail < np.log(min(100 * params.alpha, 0.01))
    return out


def _shares(slots: Wholes, requests: Wholes, bad: Wholes, out: NDArray[np.bool_]) -> Shares:
    asked, failed = (np.bincount(slots[~out], one[~out], _SLOTS) for one in (requests, bad))
    overall = (failed.sum() + 0.5) / (asked.sum() + 1)
    return np.asarray((failed + _PRIOR_REQUESTS * overall) / (asked + _PRIOR_REQUESTS), np.float64)


def history_of(params: SpikeParams) -> timedelta:
    """Return how long the history is; a multiple of the interval."""
    return timedelta(days=params.history_days) // INTERVAL * INTERVAL
