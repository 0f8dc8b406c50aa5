"""The figures of a release: counted once, divided by what they are a part of, and no number where there is nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from fakes.any_events import NOON, an_event
from fakes.event_tables import table_of

from roadworthy.service_levels.figures import Latency, ServiceFigures, figures_of
from roadworthy.telemetry.event import Ending, Event, Kind, Retrieved, Said


def request(id: str, ending: Ending = Ending.ANSWERED, **changed: Any) -> Event:
    """A request to release 3 in production."""
    return an_event(id, NOON, ending=ending, **({"release": 3, "arm": "production"} | changed))


def said(id: str, minute: int, about: Said, kind: Kind = Kind.FEEDBACK) -> Event:
    """What somebody said of an answer; it names no capability."""
    return an_event(id, NOON + timedelta(minutes=minute), kind=kind, ending=Ending.NOTED, capability="", said=about)


def only(*events: Event) -> ServiceFigures:
    """The one line that these events make."""
    (line,) = figures_of(table_of(*events))
    return line


def test_endings_are_counted() -> None:
    """Each in its place; the rate of success is of those whose client stayed."""
    endings = [Ending.ANSWERED, Ending.REFUSED, Ending.UNKNOWN, Ending.FAILED, Ending.ERROR, Ending.TIMEOUT]
    line = only(*(request(f"r{number}", ending) for number, ending in enumerate([*endings, Ending.CANCELLED])))
    assert (line.requests, line.errors, line.timeouts, line.cancelled) == (7, 2, 1, 1)
    assert line.success_rate == 3 / 6
    assert (line.refusal_rate, line.unknown_rate, line.timeout_rate) == (1 / 7, 1 / 7, 1 / 7)


def test_latency_tokens_and_cost() -> None:
    """Quantiles in seconds, tokens of both kinds, the exact cost."""
    given = {"prompt_tokens": 10, "completion_tokens": 5, "cost": Decimal("0.001"), "currency": "USD"}
    line = only(*(request(f"r{number}", seconds=float(number), **given) for number in range(101)))
    assert line.latency == Latency(50, 95, 99)
    assert line.tokens_per_request == 15
    assert (line.cost, line.cost_per_request, line.currencies) == (Decimal("0.101"), Decimal("0.001"), ("USD",))


def test_costs_of_two_currencies_are_no_sum() -> None:
    """A cost per request is only of one."""
    assert only(request("r1", currency="USD"), request("r2", currency="EUR")).cost_per_request is None


def test_what_users_say_counts_for_the_answer() -> None:
    """The last word on an answer counts, once; an escalation counts once however often it is asked for."""
    line = only(
        request("r1"), request("r2"), request("r3"),
        said("f1", 1, Said("r1", "down", False)), said("f2", 2, Said("r1", "up")), said("f3", 3, Said("r2", "down")),
        said("e1", 4, Said("r3"), Kind.ESCALATION), said("e2", 5, Said("r3"), Kind.ESCALATION),
    )  # fmt: skip
    assert (line.thumbs_up, line.thumbs_down, line.thumbs_up_rate) == (1, 1, 0.5)
    assert (line.unresolved, line.resolution_rate) == (1, 0.0)
    assert line.escalation_rate == 1 / 3


def test_citations_are_of_answers_that_had_sources() -> None:
    """An answer without passages can cite none."""
    cites = request("r1", retrieved=(Retrieved("fees", 0, 0.9, True), Retrieved("cards", 0, 0.1, False)))
    does_not = request("r2", retrieved=(Retrieved("fees", 0, 0.9, False),))
    line = only(cites, does_not, request("r3"))
    assert (line.with_sources, line.cited, line.citation_rate) == (2, 1, 0.5)


def test_a_line_for_each_release_and_arm() -> None:
    """In order; what was turned away or came to no release is nobody's."""
    given = [
        request("r1"),
        request("r2", arm="canary", release=4),
        request("r3", Ending.REJECTED),
        request("r4", release=0),
    ]
    lines = figures_of(table_of(*given))
    assert [(line.release, line.arm, line.requests) for line in lines] == [(3, "production", 1), (4, "canary", 1)]


def test_nothing_is_no_line_and_no_rate() -> None:
    """An empty window has no figures; a rate of nothing is no number."""
    assert figures_of(table_of()) == ()
    line = only(request("r1", seconds=float("nan")))
    assert line.latency is None
    assert line.thumbs_up_rate is line.resolution_rate is line.citation_rate is None
