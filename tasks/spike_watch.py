"""Looks at the last five minutes of each capability: learns once a day what is usual, and tells what is beyond it."""

# Late imports: start-up time.
from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from pydantic import ValidationError

from roadworthy.alerts.alert import AlertKind, Finding
from roadworthy.alerts.noting import Scope
from roadworthy.atomic import write_bytes
from roadworthy.service_levels.objectives import Severity
from roadworthy.settings import Settings
from roadworthy.spikes.counts import INTERVAL, Counts, Limits, Measure, count, interval_before, ninety_fifth
from roadworthy.spikes.settings import SpikeParams
from roadworthy.store import Store
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.reading import Window, read_events

if TYPE_CHECKING:
    from roadworthy.spikes.baseline import Baseline
    from roadworthy.spikes.judging import Spike

FOLDER = "spikes"
_DAY = timedelta(days=1)


def spike_scope(capability: str) -> Scope:
    """Return what a look for spikes sees."""
    return Scope(frozenset({AlertKind.SPIKE}), capability)


def spike_findings(
    store: Store, settings: Settings, capability: str, params: SpikeParams, now: datetime
) -> tuple[Finding, ...] | None:
    """Return what spiked in the last interval that is over at `now`; None while too little is known of usual days.

    Raises as `read_events` does.
    """
    from roadworthy.spikes.judging import intervals_needed, judge

    baseline = _baseline(store, settings.home_path / FOLDER, capability, params, now)
    if baseline is None:
        return None
    last, reach = interval_before(now), intervals_needed(params)
    begin, end = last - (reach - 1) * INTERVAL, last + INTERVAL
    events = read_events(store, Window(begin, end), capability, segments=settings.home_path / OPEN)
    counts = count(events, capability, baseline.limits, begin, reach)
    return tuple(_finding(capability, spike) for spike in judge(baseline, counts, params))


def _finding(capability: str, spike: Spike) -> Finding:
    return Finding(
        kind=AlertKind.SPIKE,
        capability=capability,
        severity=Severity.PAGE,
        measure=spike.measure.value,
        measured=spike.share,
        bound=spike.bound,
    )


def _baseline(store: Store, folder: Path, capability: str, params: SpikeParams, now: datetime) -> Baseline | None:
    """Return what is usual, learned anew on each UTC day and for other rules; what can't be read is learned again.

    That too little is known is kept too: days that are over don't change, and reading them takes long.
    """
    from roadworthy.spikes.baseline import Learned

    path, today = folder / f"{capability}.json", now.astimezone(UTC).date()
    try:
        kept = Learned.model_validate_json(path.read_bytes())
        if (kept.day, kept.params) == (today, params):
            return kept.baseline
    except (FileNotFoundError, ValidationError):
        pass
    learned = Learned(day=today, params=params, baseline=_learn(store, capability, params, now))
    write_bytes(path, learned.model_dump_json().encode())
    return learned.baseline


def _learn(store: Store, capability: str, params: SpikeParams, now: datetime) -> Baseline | None:
    """Read each day twice, one at a time: first what is slow and dear, then how much of it there was."""
    from roadworthy.spikes.baseline import learn

    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    days = [today - back * _DAY for back in range(params.history_days, 0, -1)]
    seen = [ninety_fifth(read_events(store, Window(day, day + _DAY), capability), capability) for day in days]
    known = [limits for limits in seen if limits is not None]
    if len(known) < params.least_days:
        return None
    usual = Limits(
        params.beyond * median(one.seconds for one in known), params.beyond * median(one.cost for one in known)
    )
    counts = [_day(store, capability, usual, day) for day in days]
    return learn(_joined(counts), usual, capability, now, params)


def _day(store: Store, capability: str, limits: Limits, day: datetime) -> Counts:
    return count(read_events(store, Window(day, day + _DAY), capability), capability, limits, day, _DAY // INTERVAL)


def _joined(days: list[Counts]) -> Counts:
    import numpy as np

    bad = {measure: np.concatenate([day.bad[measure] for day in days]) for measure in Measure}
    return Counts(days[0].begin, np.concatenate([day.requests for day in days]), bad)
