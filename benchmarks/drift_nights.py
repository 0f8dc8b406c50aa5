"""How often the watch is wrong, and how soon it is right: simulated nights of 500 to 100,000 rows with 30 features.

`python -m benchmarks.drift_nights --nights 2000`. False alarms: nights on which nothing has changed, in runs of 100
after a reference of their own, of 90 nights. Power: the share of changes for which the first night raises an alarm, the
nights until the first alarm, and whether a changed column is named first.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

from benchmarks.drift_streams import CHANGES, STREAMS, Change, Nights, Stream
from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.drift.alarms import AlarmPolicy, judge
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


def delay(source: Nights, change: Change, reference: int) -> tuple[int, bool]:
    """Return the night of the first alarm, from 1, or one too many; and whether it names a culprit first."""
    baseline = source.baseline(reference)
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
        verdicts = [one.verdict for one in null_nights(stream, nights, reference)]
        alarms = verdicts.count(Verdict.DRIFT)
        found[name] = {
            "nights": nights, "alarms": alarms, "in 365 nights": round(365 * alarms / nights, 2),
            "nights to watch": verdicts.count(Verdict.WATCH),
        }  # fmt: skip
    return found


def power(trials: int, reference: int) -> dict[str, Any]:
    """Return how each change is found in each stream."""
    found: dict[str, Any] = {}
    for name, stream in STREAMS.items():
        for what, change in CHANGES.items():
            delays = [delay(Nights(stream, seed=10_000 + trial), change, reference) for trial in range(trials)]
            nights = [night for night, _ in delays]
            found.setdefault(name, {})[what] = {
                "first night": round(mean(night == 1 for night in nights), 3),
                "within 3 nights": round(mean(night <= 3 for night in nights), 3),
                "mean delay, nights": round(mean(nights) - 1, 2),
                "right culprit first": round(mean(right for _, right in delays), 3),
            }
    return found


def main() -> None:
    """Simulate, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--reference", type=int, default=REFERENCE, help="nights of the reference")
    parser.add_argument("--no-results", action="store_true", help="print only")
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
        write_bytes(RESULTS, text)
    print(text.decode())


if __name__ == "__main__":
    main()
