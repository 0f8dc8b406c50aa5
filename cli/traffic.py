"""`roadworthy canary` and `roadworthy experiment`: shares of the traffic, as entries in the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from cli.output import columns, print_json
from cli.releases import find, open_ledger
from roadworthy.errors import UsageError
from roadworthy.release.entries import Entry, ExperimentStarted
from roadworthy.release.experiment_metric import ExperimentMetric
from roadworthy.release.history import describe
from roadworthy.release.ledger import Decide
from roadworthy.release.traffic import (
    decide_canary_share,
    decide_canary_withdrawal,
    decide_experiment_end,
    decide_experiment_start,
)
from tasks.actor import local_actor


def share_canary(capability: str, share: float, reason: str, as_json: bool) -> int:
    """Set the canary's share."""
    return _record(capability, decide_canary_share(capability, share, reason), as_json)


def withdraw_canary(capability: str, reason: str, as_json: bool) -> int:
    """Take the canary out of the traffic."""
    return _record(capability, decide_canary_withdrawal(capability, reason), as_json)


@dataclass(frozen=True)
class Wanted:
    """An experiment that somebody wants to start."""

    release: str
    name: str
    share: float
    hypothesis: str
    metric: str
    smallest_effect: float | None
    """None for the metric's usual one."""


def start_experiment(wanted: Wanted, as_json: bool) -> int:
    """Start an experiment, with what decides it."""
    if "@" not in wanted.release:
        remedy = f"name it: {wanted.release}@3"
        raise UsageError("which release is to be tried?", where=wanted.release, remedy=remedy)
    metric = _metric(wanted.metric)
    named = find(wanted.release)
    started = ExperimentStarted(
        name=wanted.name,
        release=named.record.number,
        share=wanted.share,
        hypothesis=wanted.hypothesis,
        metric=metric,
        smallest_effect=wanted.smallest_effect or metric.usual_effect,
    )
    return _record(named.capability, decide_experiment_start(named.capability, started), as_json)


def list_metrics(as_json: bool) -> int:
    """Print what may decide an experiment."""
    if as_json:
        print_json({metric.value: metric.usual_effect for metric in ExperimentMetric})
        return 0
    headings = ("metric", "better", "smallest effect", "")
    rows = [(one.value, _better(one), f"{one.usual_effect:g}", _unit(one)) for one in ExperimentMetric]
    for line in columns([headings, *rows]):
        print(line)
    return 0


def _better(metric: ExperimentMetric) -> str:
    return "more" if metric.more_is_better else "less"


def _unit(metric: ExperimentMetric) -> str:
    return "a part of control's mean" if metric.is_relative else "a difference of shares"


def _metric(name: str) -> ExperimentMetric:
    try:
        return ExperimentMetric(name)
    except ValueError:
        remedy = f"one of {', '.join(ExperimentMetric)}"
        raise UsageError(f"{name!r} is no metric of experiments", where="--metric", remedy=remedy) from None


def end_experiment(capability: str, reason: str, as_json: bool) -> int:
    """End the experiment that runs."""
    return _record(capability, decide_experiment_end(capability, reason), as_json)


def _record(capability: str, decide: Decide, as_json: bool) -> int:
    entry: Entry | None = open_ledger(capability).record(decide, by=local_actor())
    if as_json:
        print_json({"capability": capability, "entry": entry})
    else:
        print(f"{capability}: {describe(entry.fact) if entry else 'nothing to change'}")
    return 0
