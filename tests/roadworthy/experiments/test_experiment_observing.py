"""What events say of the people in an experiment: each counts once, in one arm, by the first hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fakes.any_events import NOON, an_event
from fakes.event_tables import table_of

from roadworthy.experiments.observing import measured, people_in
from roadworthy.experiments.plan import ExperimentPlan
from roadworthy.release.experiment_metric import ExperimentMetric
from roadworthy.telemetry.event import Ending, Event, Kind, Said

LATER = NOON + timedelta(hours=3)
PLAN = ExperimentPlan(
    capability="help", name="shorter", hypothesis="", treatment=2, control=(1,), share=0.5,
    metric=ExperimentMetric.SUCCESS, smallest_effect=0.02, stated=True, started=NOON,
)  # fmt: skip


def asked(id: str, minutes: float = 0, arm: str = "treatment", **changed: Any) -> Event:
    """A request in the experiment, some minutes after noon."""
    given = {"user": id, "arm": f"shorter/{arm}"} | changed
    return an_event(id, NOON + timedelta(minutes=minutes), **given)


def said(id: str, about: str, minutes: float, **says: Any) -> Event:
    """Feedback on a request."""
    at = NOON + timedelta(minutes=minutes)
    return an_event(id, at, kind=Kind.FEEDBACK, ending=Ending.NOTED, capability="", said=Said(about, **says))


def values(metric: ExperimentMetric, *events: Event, now: datetime = LATER) -> list[tuple[bool, float]]:
    """Of each person whose hour is over: whether treated, and the value."""
    found = measured(table_of(*events), PLAN, metric, now).people
    return list(zip(found.in_canary.tolist(), found.values.tolist(), strict=True))


def test_a_person_counts_once_by_the_first_hour() -> None:
    """Three requests are one value; what comes after an hour knows how the first ones went, and is left out."""
    events = [asked("r1", 0, user="ann"), asked("r2", 59, user="ann", ending=Ending.ERROR)]
    events += [asked("r3", 61, user="ann", ending=Ending.ERROR), asked("r4", 5, "control", user="bob")]
    assert values(ExperimentMetric.SUCCESS, *events) == [(True, 0.5), (False, 1.0)]


def test_people_in_their_first_hour_wait() -> None:
    """Their value is not final: it is counted who waits, and compared nothing."""
    found = measured(table_of(asked("r1"), asked("r2", 30)), PLAN, PLAN.metric, NOON + timedelta(minutes=70))
    assert (len(found.people.values), found.waiting) == (1, 1)


def test_one_user_of_two_tenants_is_two_people() -> None:
    """Nobody is joined with somebody else; who names neither user nor conversation is new each time."""
    events = [asked(f"r{tenant}", user="ann", tenant=tenant) for tenant in ("acme", "rho")]
    events += [asked(f"s{number}", 1, user="", conversation="") for number in range(2)]
    events += [asked(f"t{number}", 2, user="", conversation="c1") for number in range(2)]
    assert len(people_in(table_of(*events), PLAN, LATER).treated) == 5


def test_whoever_meets_both_arms_stays_in_the_first() -> None:
    """And is counted, for a sticky split does not do that."""
    events = [asked("r1", 0, "control", user="ann"), asked("r2", 1, user="ann", ending=Ending.ERROR)]
    people = people_in(table_of(*events), PLAN, LATER)
    assert (people.treated.tolist(), people.crossed) == ([False], 1)
    assert values(ExperimentMetric.SUCCESS, *events) == [(False, 1.0)]


def test_who_was_turned_away_was_sent_there_all_the_same() -> None:
    """The split counts them, the metrics don't: a full treatment must not look like a wrong split, or hide one."""
    events = [asked("r1", ending=Ending.REJECTED, status=429)]
    assert people_in(table_of(*events), PLAN, LATER).treated.tolist() == [True]
    assert values(ExperimentMetric.SUCCESS, *events) == []


@pytest.mark.parametrize(
    "other",
    [{"arm": "production"}, {"arm": "longer/treatment"}, {"capability": "delay"}, {"kind": Kind.OTHER}],
)
def test_others_are_left_out(other: dict[str, Any]) -> None:
    """What is not of this experiment."""
    event = asked("r1", **other)
    assert values(ExperimentMetric.SUCCESS, event) == []
    assert len(people_in(table_of(event), PLAN, LATER).treated) == 0


def test_before_its_start_and_after_its_end_nothing_counts() -> None:
    """An experiment of the same name may have run before."""
    ended = PLAN.model_copy(update={"ended": NOON + timedelta(minutes=30)})
    table = table_of(asked("r1", -1), asked("r2", 10), asked("r3", 31))
    assert len(people_in(table, ended, LATER).treated) == 1


def test_every_metric_has_its_value() -> None:
    """Of one answered request with a thumb and a word on whether it helped."""
    request = asked("r1", seconds=0.5, cost=Decimal("0.25"), prompt_tokens=100, completion_tokens=20)
    events = [request, said("f1", "r1", 5, thumb="up", resolved=False)]
    found = {metric: values(metric, *events) for metric in ExperimentMetric}
    assert found == {
        ExperimentMetric.SUCCESS: [(True, 1.0)],
        ExperimentMetric.THUMBS: [(True, 1.0)],
        ExperimentMetric.RESOLVED: [(True, 0.0)],
        ExperimentMetric.REFUSED: [(True, 0.0)],
        ExperimentMetric.UNKNOWN: [(True, 0.0)],
        ExperimentMetric.LATENCY: [(True, 0.5)],
        ExperimentMetric.COST: [(True, 0.25)],
        ExperimentMetric.TOKENS: [(True, 120.0)],
    }


def test_only_what_can_be_compared_counts() -> None:
    """Kept answers are neither quick nor cheap, failures have no latency, and who went away neither failed nor not."""
    kept = asked("r1", cached=True, seconds=0.001)
    failed, gone = asked("r2", ending=Ending.ERROR), asked("r3", ending=Ending.CANCELLED, seconds=9.0)
    assert values(ExperimentMetric.COST, kept) == values(ExperimentMetric.LATENCY, kept, failed) == []
    assert values(ExperimentMetric.SUCCESS, gone) == []
    assert values(ExperimentMetric.LATENCY, gone) == [(True, 9.0)]


def test_the_first_word_on_an_answer_counts() -> None:
    """Who changes their mind later has seen more; a value that was counted stays."""
    events = [asked("r1"), said("f2", "r1", 9, thumb="up"), said("f1", "r1", 5, thumb="down")]
    assert values(ExperimentMetric.THUMBS, *events) == [(True, 0.0)]


def test_what_was_never_asked_is_no_feedback() -> None:
    """A word on a request of another arm or capability counts nowhere."""
    assert values(ExperimentMetric.THUMBS, said("f1", "r9", 5, thumb="up"), asked("r1")) == []


def test_the_present_is_not_the_future() -> None:
    """A request from after the look is not there yet."""
    assert values(ExperimentMetric.SUCCESS, asked("r1", 400), now=datetime(2026, 11, 23, 15, tzinfo=UTC)) == []
