"""Panels' figures: exact numbers from events, whatever day they lie on, and no name that anybody may invent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from fakes.any_events import an_event
from fakes.event_tables import table_of
from fakes.sample_events import ANSWER, ESCALATION, FEEDBACK, PREDICTION, REJECTED
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.dashboards.buckets import MOST, buckets_of
from roadworthy.dashboards.figures import Figure
from roadworthy.dashboards.panels.standard import DASHBOARDS
from roadworthy.dashboards.reading import MOST_SERIES, read_panels
from roadworthy.telemetry.event import Ending, Event
from roadworthy.telemetry.reading import Window

PANELS = {panel.key: panel for dashboard in DASHBOARDS for panel in dashboard.panels}
BEGIN = datetime(2026, 7, 13, 22, tzinfo=UTC)
HOURS = Window(BEGIN, BEGIN + timedelta(hours=4))
"""Around a midnight, in pieces of a quarter of an hour."""


def _reader(*events: Event) -> Callable[[Window], pa.Table]:
    """Give each day the events that lie in it, as `read_events` does."""
    return lambda day: table_of(*(one for one in events if day.since <= one.at < day.until))


def _read(*events: Event, window: Window = HOURS) -> dict[str, Figure]:
    readings = read_panels(_reader(*events), window, PANELS.values())
    return {figure.key: figure for figure in readings.figures}


def _last(figure: Figure) -> dict[str, float]:
    """The last value of each series that is none of nothing."""
    return {one.name: [value for value in one.values if value][-1] for one in figure.series if any(one.values)}


def test_one_of_each_counts_in_every_panel_that_it_concerns() -> None:
    """Fifteen minutes with one request of each kind, computed by hand."""
    at = BEGIN + timedelta(minutes=1)
    found = _read(*(replace(one, at=at) for one in (ANSWER, PREDICTION, REJECTED, FEEDBACK, ESCALATION)))
    assert _last(found["requests"]) == pytest.approx({"helpdesk": 4 / 15, "delay": 1 / 15})
    assert _last(found["problems"]) == pytest.approx({"helpdesk · over-budget": 1 / 15})
    assert _last(found["answer_seconds"]) == {f"helpdesk · {one}": 0.8 for one in ("p50", "p95", "p99")}
    assert _last(found["prediction_seconds"]) == {f"delay · {one}": 0.0004 for one in ("p50", "p95", "p99")}
    assert _last(found["tokens"]) == pytest.approx({"helpdesk · input": 120 / 15, "helpdesk · output": 30 / 15})
    assert _last(found["cost"]) == pytest.approx({"helpdesk · USD": 0.25 * 4})
    assert _last(found["part_seconds"]) == {"helpdesk · ask the model": 0.7, "helpdesk · retrieve": 0.01}
    assert _last(found["cited"]) == {"helpdesk · 3 · canary": 1.0}
    assert _last(found["escalations"]) == {"helpdesk": 1.0}
    assert _last(found["thumbs"]) == pytest.approx({"helpdesk · down": 1 / 15})
    assert _last(found["blocked"]) == pytest.approx({"helpdesk · secrets · changed": 1 / 15})
    assert _last(found["tool_calls"]) == pytest.approx({"helpdesk · done": 1 / 15})


def test_silence_is_nothing_where_there_is_no_rate_of_it() -> None:
    """No requests are none a minute; but they have no latency and no share of failures, and none is made up."""
    found = _read(replace(ANSWER, at=BEGIN))
    assert found["requests"].series[0].values[1:] == (0.0,) * 15
    assert found["failures"].series[0].values == (0.0, *(None,) * 15)
    assert found["answer_seconds"].series[0].values[1:] == (None,) * 15


def test_failures_are_a_part_of_what_was_let_in() -> None:
    """One in four: what the gateway turned away is left out, as in the rule that wakes people."""
    endings = [Ending.ANSWERED, Ending.REFUSED, Ending.ANSWERED, Ending.FAILED, Ending.REJECTED, Ending.REJECTED]
    events = [an_event(f"r{number}", BEGIN, ending=one, release=1) for number, one in enumerate(endings)]
    assert _last(_read(*events)["failures"]) == {"help": 0.25}


def test_a_part_of_a_bucket_counts_for_what_it_is() -> None:
    """The last minutes, not over yet, have the same rate as those before them."""
    window = Window(BEGIN, BEGIN + timedelta(minutes=20))
    events = [an_event(f"r{number}", BEGIN + timedelta(minutes=number), release=1) for number in range(20)]
    (series,) = _read(*events, window=window)["requests"].series
    assert series.values == pytest.approx((1.0, 1.0))


def test_a_name_that_no_release_has_is_not_shown() -> None:
    """Anybody may ask for a capability that is none; the page is no place for what they write there."""
    invented = replace(REJECTED, at=BEGIN, capability="<script>alert(1)</script>", arm="<b>", release=0)
    found = _read(replace(invented, id="a"), replace(ANSWER, at=BEGIN))
    names = {series.name for figure in found.values() for series in figure.series}
    assert "none" in names
    assert not any("script" in name or "<b>" in name for name in names)


def test_a_capability_that_is_known_keeps_its_name_on_a_day_without_a_release() -> None:
    """All its requests were over budget that day."""
    readings = read_panels(_reader(replace(REJECTED, at=BEGIN)), HOURS, [PANELS["requests"]], ["helpdesk"])
    assert [series.name for series in readings.figures[0].series] == ["helpdesk"]


def test_too_many_series_are_cut_and_counted() -> None:
    """The largest stay, and how many are left out is said."""
    events = [
        an_event(f"r{number}.{again}", BEGIN, capability=f"c{number:02}", release=1)
        for number in range(MOST_SERIES + 3)
        for again in range(number + 1)
    ]
    figure = _read(*events)["requests"]
    assert {series.name for series in figure.series} == {f"c{number:02}" for number in range(3, MOST_SERIES + 3)}
    assert figure.left_out == 3
    assert "3 smaller ones are left out" in figure.summary


def test_no_events_are_empty_figures() -> None:
    """Every panel is there, and says that there is nothing."""
    found = _read()
    assert set(found) == set(PANELS)
    assert all("Nothing of this kind" in figure.summary for figure in found.values())


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 4 * 60 - 1), max_size=40))
def test_nothing_is_counted_twice_or_lost_over_days(minutes: list[int]) -> None:
    """Requests and cost add up to what there was, wherever the midnight and the buckets fall."""
    events = [
        an_event(f"r{number}", BEGIN + timedelta(minutes=at), release=1, cost=Decimal("0.5"), currency="EUR")
        for number, at in enumerate(minutes)
    ]
    readings = read_panels(_reader(*events), HOURS, [PANELS["requests"], PANELS["cost"]])
    found = {figure.key: figure for figure in readings.figures}

    def total(key: str) -> float:
        return sum(value for one in found[key].series for value in one.values if isinstance(value, float))

    assert total("requests") * 15 == pytest.approx(len(events))
    assert total("cost") / 4 == pytest.approx(len(events) / 2)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(seconds=1), timedelta(days=366)),
)
def test_buckets_cover_the_window(since: datetime, length: timedelta) -> None:
    """No moment is left out, no bucket is empty of time, and there are no more than can be drawn."""
    buckets = buckets_of(Window(since, since + length))
    lengths = [buckets.minutes(number) for number in buckets.numbers]
    assert min(lengths) > 0
    assert sum(lengths) == pytest.approx(length / timedelta(minutes=1))
    assert len(lengths) <= MOST + 1 or buckets.step == timedelta(days=1)
    assert timedelta(days=1) % buckets.step == timedelta(0)
