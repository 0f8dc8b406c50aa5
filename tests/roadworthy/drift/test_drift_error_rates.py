"""How often the watch is wrong: small, seeded versions of the simulated nights in benchmarks/drift_nights.py."""

from __future__ import annotations

import pytest

from benchmarks.drift_nights import delay, null_nights
from benchmarks.drift_streams import CHANGES, IID, MOODS, WEATHER, Change, Nights, Stream
from roadworthy.drift.verdicts import Verdict

STREAMS = {"independent": IID, "day effects": WEATHER, "strong, lasting day effects": MOODS}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS.keys())
def test_nights_on_which_nothing_changed_raise_no_alarm(stream: Stream) -> None:
    """At one false alarm a year, 200 nights raise three or more with a probability of 2 %; these do not."""
    verdicts = [one.verdict for one in null_nights(stream, 200, reference=90, first=500)]
    assert verdicts.count(Verdict.DRIFT) <= 2
    assert verdicts.count(Verdict.WATCH) <= 0.1 * len(verdicts)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_changes_are_found_on_the_first_night_where_rows_are_independent(change: Change) -> None:
    """Each in three of thirty features, which are named first."""
    source = Nights(IID, seed=1)
    assert delay(source, source.baseline(40), change) == (1, True)
