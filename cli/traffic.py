"""`roadworthy canary` and `roadworthy experiment`: shares of the traffic, as entries in the ledger."""

from __future__ import annotations

from cli.output import print_json
from cli.releases import find, open_ledger
from roadworthy.errors import UsageError
from roadworthy.release.entries import Entry, ExperimentStarted
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


def start_experiment(text: str, name: str, share: float, hypothesis: str, as_json: bool) -> int:
    """Start an experiment with the release that `text` names."""
    if "@" not in text:
        raise UsageError("which release is to be tried?", where=text, remedy=f"name it: {text}@3")
    named = find(text)
    started = ExperimentStarted(name=name, release=named.record.number, share=share, hypothesis=hypothesis)
    return _record(named.capability, decide_experiment_start(named.capability, started), as_json)


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
