"""What events say about a canary: only what can be compared fairly, each request once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fakes.any_events import NOON, an_event
from fakes.event_tables import table_of

from roadworthy.canary.observing import Canary, observe, traffic_of
from roadworthy.canary.settings import CanaryMetric
from roadworthy.telemetry.event import Ending, Event, GuardVerdict, Kind, Said

CANARY = Canary("help", 3, NOON)


def request(id: str, after: int = 0, **changed: Any) -> Event:
    """A request to the canary, some seconds after noon."""
    return an_event(id, NOON + timedelta(seconds=after), **({"arm": "canary", "release": 3} | changed))


def values(metric: CanaryMetric, *events: Event, most: int = 20) -> list[tuple[bool, float]]:
    """The observations of one metric: whether the canary's, and the value."""
    batch = observe(table_of(*events), CANARY, most)[metric]
    return list(zip(batch.in_canary.tolist(), batch.values.tolist(), strict=True))


@pytest.mark.parametrize("ending", Ending)
def test_what_counts_as_an_error(ending: Ending) -> None:
    """No answer, for whatever reason; a request that the gateway turned away says nothing of a release."""
    expected = {Ending.REJECTED: []}.get(
        ending, [(True, float(ending in (Ending.ERROR, Ending.FAILED, Ending.TIMEOUT, Ending.CANCELLED)))]
    )
    assert values(CanaryMetric.ERRORS, request("r1", ending=ending)) == expected


def test_by_time_whatever_the_order_in_the_table() -> None:
    """Late events take their place."""
    given = [request("r2", 2, arm="production", release=1), request("r1", 1, ending=Ending.ERROR)]
    assert values(CanaryMetric.ERRORS, *given) == [(True, 1), (False, 0)]


@pytest.mark.parametrize(
    "other",
    [{"release": 2}, {"capability": "delay"}, {"arm": "shorter/treatment"}, {"kind": Kind.FEEDBACK}, {"arm": ""}],
)
def test_others_are_left_out(other: dict[str, Any]) -> None:
    """An earlier canary, another capability, an experiment, and what is no request to a release."""
    assert values(CanaryMetric.ERRORS, request("r1", **other)) == []


def test_kept_answers_are_neither_quick_nor_cheap() -> None:
    """A new release has none yet: they count for errors alone."""
    kept = request("r1", cached=True, cost=Decimal(1))
    assert values(CanaryMetric.LATENCY_P95, kept) == values(CanaryMetric.COST, kept) == []
    assert values(CanaryMetric.ERRORS, kept) == [(True, 0)]


def test_failing_fast_is_not_being_fast() -> None:
    """What failed has no latency; what was given up took at least so long."""
    given = [request("r1", 1, ending=Ending.ERROR), request("r2", 2, ending=Ending.TIMEOUT, seconds=30.0)]
    assert values(CanaryMetric.LATENCY_P50, *given) == [(True, 30)]


def test_one_person_counts_so_often() -> None:
    """Per arm; those of whom nothing is known are each their own."""
    same = [request(f"s{number}", number, tenant="t", user="u") for number in range(5)]
    nobody = [request(f"n{number}", number) for number in range(5)]
    assert len(values(CanaryMetric.ERRORS, *same, *nobody, most=2)) == 7


def test_guards_refusals_and_unknown() -> None:
    """Each is counted by its own."""
    held = request("r1", guards=(GuardVerdict("output", "secrets", "blocked", 0.001),), ending=Ending.REFUSED)
    unknown = request("r2", 1, guards=(GuardVerdict("output", "secrets", "changed", 0.001),), ending=Ending.UNKNOWN)
    assert values(CanaryMetric.BLOCKED, held, unknown) == [(True, 1), (True, 0)]
    assert values(CanaryMetric.REFUSED, held, unknown) == [(True, 1), (True, 0)]
    assert values(CanaryMetric.UNKNOWN, held, unknown) == [(True, 0), (True, 1)]


def test_what_users_say_finds_its_arm() -> None:
    """By the answer's id, since feedback names nothing else; the first word on an answer counts."""
    answers = [request("r1"), request("r2", arm="production", release=1)]
    given = [
        an_event(f"f{number}", NOON + timedelta(minutes=number), kind=Kind.FEEDBACK, capability="", said=said)
        for number, said in enumerate([Said("r2", "up", False), Said("r1", "down"), Said("r1", "up"), Said("r9", "up")])
    ]
    assert values(CanaryMetric.THUMBS_DOWN, *answers, *given) == [(False, 0), (True, 1)]
    assert values(CanaryMetric.UNRESOLVED, *answers, *given) == [(False, 1)]


def test_traffic_is_of_the_present_share() -> None:
    """Requests since the share was set; the latest of each arm whenever it came."""
    given = [request("r0", -5), request("r1", 5), request("r2", 3, arm="production", release=1)]
    found = traffic_of(table_of(*given), CANARY)
    assert found.canary_requests == 1
    assert (found.canary_latest, found.production_latest) == (given[1].at, given[2].at)


def test_no_event_is_no_observation() -> None:
    """Every metric is there, and empty; no arm was ever seen."""
    found = observe(table_of(), CANARY, 20)
    assert set(found) == set(CanaryMetric)
    assert not any(len(batch.values) for batch in found.values())
    assert traffic_of(table_of(), CANARY).canary_latest is None
