"""Judges the last interval: whether a measure is beyond what is usual, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import log

import numpy as np

from roadworthy.spikes.baseline import RECENT, Baseline, Usual, expected, slots_of
from roadworthy.spikes.counts import SECONDS, Counts, Measure
from roadworthy.spikes.settings import SpikeParams
from roadworthy.spikes.tail import least_unusual, log_tail


@dataclass(frozen=True)
class Spike:
    """A measure that was beyond its bound in the last interval."""

    measure: Measure
    begin: datetime
    """The interval's."""
    requests: int
    bad: int
    usual: float
    """The share that is usual at this hour."""
    bound: float
    """From this share on it is a spike."""
    log_tail: float
    """The logarithm of the probability of so many, or more, on a usual day."""

    @property
    def share(self) -> float:
        """The part of requests that were bad."""
        return self.bad / self.requests


def intervals_needed(params: SpikeParams) -> int:
    """Return how many intervals a judgement looks back."""
    return int(params.lasting_hours * 3600 // SECONDS) + RECENT


def judge(baseline: Baseline, counts: Counts, params: SpikeParams) -> tuple[Spike, ...]:
    """Return the spikes of the last interval of `counts`, which reaches back `intervals_needed`.

    Intervals before are judged first, in their order: those that spiked say nothing of what is usual, so that a spike
    that lasts stays one, for `lasting_hours`. Nothing has to be kept between looks.
    """
    found = (_judge(counts, measure, usual, params) for measure, usual in baseline.measures.items())
    return tuple(spike for spike in found if spike is not None)


def _judge(counts: Counts, measure: Measure, usual: Usual, params: SpikeParams) -> Spike | None:
    requests, bad = counts.requests, counts.bad[measure]
    slots = np.array(usual.shares)[slots_of(counts.begin, len(counts))]
    out = np.zeros(len(counts), bool)
    # The slot's share is the least that is usual: most intervals need no second look.
    candidates = np.flatnonzero((bad >= params.least_bad) & (bad >= params.least_ratio * slots * requests))
    spike = None
    # When the last interval is as usual, those before it don't matter.
    for at in candidates.tolist() if len(counts) - 1 in candidates else ():
        share = float(expected(slots[: at + 1], requests[: at + 1], bad[: at + 1], out[: at + 1])[at])
        spike = _spike(counts, measure, at, share, usual.wavers, params)
        out[at] = spike is not None
    return spike


def _spike(counts: Counts, measure: Measure, at: int, share: float, wavers: float, params: SpikeParams) -> Spike | None:
    requests, bad = int(counts.requests[at]), int(counts.bad[measure][at])
    if bad < params.least_ratio * share * requests:
        return None
    tail = log_tail(bad, requests, share, wavers)
    if tail >= log(params.alpha):
        return None
    least = max(params.least_bad, least_unusual(requests, share, wavers, params.alpha))
    begin = datetime.fromtimestamp(counts.begin.timestamp() + at * SECONDS, counts.begin.tzinfo)
    return Spike(measure, begin, requests, bad, share, max(params.least_ratio * share, least / requests), tail)
