"""How often the watch is wrong, and how soon it is right: simulated nights of 500 to 100,000 rows with 30 features.

`python -m benchmarks.drift_nights --nights 2000`. False alarms: nights on which nothing has changed, in runs of 100
after a reference of their own, of 90 nights. Power: the share of changes for which the first night raises an alarm, the
nights until the first alarm, and whether a changed column is named first. An alarm is new where its column raised none
on the night before; whoever looks at PSI alone is alarmed on every night with a PSI of .1 or more.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

from benchmarks.drift_streams import CHANGES, STREAMS, Change, Nights, Stream
from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.drift.alarms import AlarmPolicy, judge
from roadworthy.drift.baseline import Baseline
from roadworthy.drift.verdicts import NightVerdict, Verdict

RESULTS = Path(__file__).resolve().parent / "results" / "drift_nights.json"
REFERENCE, RUN, LONGEST = 90, 100, 14
POLICY = AlarmPolicy()


def null_nights(stream: Stream, nights: int, reference: int = REFERENCE, first: int = 0) -> Iterator[NightVerdict]:
    """Judge nights on which nothing has changed, each run with a reference and a seed of its own."""
    for run in range(-(-nights // RUN)):
        source = Nights(stream, seed=first + run)
        baseline = source.baseline(reference)
        for _ in range(min(RUN, nights - run * RUN)):
            yield judge(source.draw(), baseline, POLICY)


def delay(source: Nights, baseline: Baseline, change: Change) -> tuple[int, bool]:
    """Return the night of the first alarm, from 1, or one too many; and whether it names a culprit first."""
    source = deepcopy(source)
    culprits = {f"{kind} {place}" for kind in ("number", "set") for place in range(change.columns)}
    for night in range(1, LONGEST + 1):
        verdict = judge(source.draw(change), baseline, POLICY)
        if verdict.verdict is Verdict.DRIFT:
            return night, verdict.columns[0].name in culprits
    return LONGEST + 1, False


def false_alarms(nights: int, reference: int) -> dict[str, Any]:
    """Return the false alarms of each stream."""
    found = {}
    for name, stream in STREAMS.items():
        verdicts = list(null_nights(stream, nights, reference))
        named = [{one.name for one in night.columns if one.verdict is Verdict.DRIFT} for night in verdicts]
        new = sum(bool(now - before) for before, now in pairwise([set(), *named]))
        found[name] = {
            "nights": nights,
            "nights with an alarm": sum(map(bool, named)),
            "new alarms": new,
            "new alarms in 365 nights": round(365 * new / nights, 2),
            "nights with an alarm in 365 nights": round(365 * sum(map(bool, named)) / nights, 2),
            "nights to watch": sum(night.verdict is Verdict.WATCH for night in verdicts),
            "nights with a psi of .1 or more": sum(_psi(night) >= 0.1 for night in verdicts),
        }  # fmt: skip
    return found


def _psi(night: NightVerdict) -> float:
    return max(one.effects.psi for one in night.columns)


def power(trials: int, reference: int) -> dict[str, Any]:
    """Return how each change is found in each stream."""
    return {name: _power_in(stream, trials, reference) for name, stream in STREAMS.items()}


def _power_in(stream: Stream, trials: int, reference: int) -> dict[str, Any]:
    delays: dict[str, list[tuple[int, bool]]] = {what: [] for what in CHANGES}
    for trial in range(trials):
        source = Nights(stream, seed=10_000 + trial)
        baseline = source.baseline(reference)
        for what, change in CHANGES.items():
            delays[what].append(delay(source, baseline, change))
    return {
        what: {
            "first night": round(mean(night == 1 for night, _ in some), 3),
            "within 3 nights": round(mean(night <= 3 for night, _ in some), 3),
            "mean delay, nights": round(mean(night for night, _ in some) - 1, 2),
            "right culprit first": round(mean(right for _, right in some), 3),
        }
        for what, some in delays.items()
    }


def main() -> None:
    """Simulate, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--reference", type=int, default=REFERENCE, help="nights of the reference")
    parser.add_argument("--no-results", action="store_true", help="print only")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where figures are kept")
    given = parser.parse_args()
    begun = perf_counter()
    figures: dict[str, Any] = {
        "reference nights": given.reference,
        "target": "at most 1 false alarm in 365 nights",
        "false alarms": false_alarms(given.nights, given.reference),
        "power": power(given.trials, given.reference),
    }
    figures["seconds"] = round(perf_counter() - begun, 1)
    text = readable_json(figures)
    if not given.no_results:
        write_bytes(given.results, text)
    print(text.decode())


if __name__ == "__main__":
    main()
