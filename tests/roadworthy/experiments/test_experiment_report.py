"""An experiment from its start to its report: what was stated decides, and a wrong split takes every verdict back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from fakes.any_events import NOON, an_event
from fakes.event_tables import table_of
from fakes.memory_store import MemoryStore
from fakes.served_releases import BY, put_in_production, record, release

from roadworthy.canonical import readable_json
from roadworthy.errors import DataError, RuleBroken, UnknownName
from roadworthy.experiments.drawing import draw_experiment
from roadworthy.experiments.plan import ExperimentPlan, plan_of
from roadworthy.experiments.report import ExperimentReport, ExperimentVerdict, SplitVerdict
from roadworthy.experiments.reporting import report_on
from roadworthy.release.entries import Entry, ExperimentEnded, ExperimentStarted, Moved, Stage
from roadworthy.release.experiment_metric import ExperimentMetric
from roadworthy.release.ledger import Ledger
from roadworthy.release.traffic import decide_experiment_end, decide_experiment_start
from roadworthy.telemetry.event import Ending, Event

NAME = "help"
STARTED = ExperimentStarted(
    name="shorter", release=2, share=0.5, hypothesis="People like it short.", metric=ExperimentMetric.SUCCESS,
    smallest_effect=0.05,
)  # fmt: skip


@pytest.fixture
def ledger() -> Ledger:
    """Release 1 is live; 2 and 3 may be tried."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    release(store, NAME, 2, Stage.STAGING, Stage.CANARY)
    release(store, NAME, 3, Stage.STAGING)
    return Ledger(store, NAME, clock=lambda: NOON)


def start(ledger: Ledger, started: ExperimentStarted = STARTED) -> ExperimentPlan:
    """Start an experiment, and return its plan."""
    ledger.record(decide_experiment_start(NAME, started), by=BY)
    return plan_of(NAME, ledger.entries())


def traffic(people: int, treated_share: float = 0.5, treated_errors: float = 0.1) -> list[Event]:
    """One request each of so many people, a tenth of control's failing."""
    random, found = np.random.default_rng(3), []
    for number in range(people):
        treated = random.random() < treated_share
        failed = random.random() < (treated_errors if treated else 0.1)
        arm, ending = (
            ("shorter/treatment" if treated else "shorter/control"),
            Ending.ERROR if failed else Ending.ANSWERED,
        )
        at = NOON + timedelta(seconds=number)
        found.append(an_event(f"r{number:06d}", at, user=f"u{number}", arm=arm, ending=ending))
    return found


def report(plan: ExperimentPlan, events: list[Event], now: datetime = NOON + timedelta(hours=3)) -> ExperimentReport:
    """The report of these events."""
    return report_on(plan, table_of(*events), now)


def test_what_was_stated_at_the_start_decides(ledger: Ledger) -> None:
    """Metric and smallest effect come from the ledger; a treatment that fails more often is worse."""
    found = report(start(ledger), traffic(3000, treated_errors=0.25))
    assert (found.verdict, found.decides.metric) == (ExperimentVerdict.WORSE, ExperimentMetric.SUCCESS)
    assert found.decides.high is not None and found.decides.high <= 0
    assert found.decides.smallest_effect == 0.05
    assert found.split.verdict is SplitVerdict.AS_PLANNED
    assert found.decides.treatment.people + found.decides.control.people == 3000
    assert ExperimentMetric.REFUSED in [one.metric for one in found.beside]
    assert found.remarks == ()


def test_a_wrong_split_takes_every_verdict_back(ledger: Ledger) -> None:
    """However clear the figures are: nobody knows who is missing."""
    found = report(start(ledger), traffic(3000, treated_share=0.4, treated_errors=0.4))
    assert found.split.verdict is SplitVerdict.BROKEN
    assert found.decides.verdict is ExperimentVerdict.WORSE
    assert (found.verdict, found.reason.split(":")[0]) == (
        ExperimentVerdict.NOT_YET, "people did not come to the arms as planned",
    )  # fmt: skip


def test_without_anybody_it_is_not_known_yet(ledger: Ledger) -> None:
    """An empty experiment has a report and a picture, too."""
    found = report(start(ledger), [])
    assert (found.verdict, found.path, found.beside) == (ExperimentVerdict.NOT_YET, (), ())
    assert found.split.verdict is SplitVerdict.TOO_FEW
    ElementTree.fromstring(draw_experiment(found))  # noqa: S314  (our own)


def test_the_intervals_only_narrow(ledger: Ledger) -> None:
    """Each look's interval lies within the one before, so a verdict never rests on the luck of one look."""
    path = report(start(ledger), traffic(1000)).path
    assert len(path) > 10
    for before, after in pairwise(path):
        assert before.low <= after.low <= after.high <= before.high


def test_the_same_events_give_the_same_bytes(ledger: Ledger) -> None:
    """In whatever order they come, as JSON and as a picture that is well-formed XML."""
    plan, events = start(ledger), traffic(400)
    one, other = report(plan, events), report(plan, events[::-1])
    assert readable_json(one.model_dump(mode="json")) == readable_json(other.model_dump(mode="json"))
    assert draw_experiment(one) == draw_experiment(other)
    drawn = ElementTree.fromstring(draw_experiment(one))  # noqa: S314  (our own)
    assert "People like it short." in ElementTree.tostring(drawn, "unicode")


def test_an_older_experiment_is_decided_by_the_usual_metric(ledger: Ledger) -> None:
    """Entries from before one could state a metric are read, keep their bytes, and the report says so."""
    older = ExperimentStarted(name="shorter", release=2, share=0.5, hypothesis="")
    assert set(older.model_dump(mode="json")) == {"kind", "name", "release", "share", "hypothesis"}
    plan = start(ledger, older)
    assert (plan.metric, plan.smallest_effect, plan.stated) == (ExperimentMetric.SUCCESS, 0.02, False)
    assert "not stated at the start" in report(plan, []).remarks[0]


def test_what_decides_can_not_be_changed_meanwhile(ledger: Ledger) -> None:
    """Started again as it is: nothing. With another metric: refused, or whoever looks could choose what to see."""
    start(ledger)
    entries = ledger.entries()
    assert ledger.record(decide_experiment_start(NAME, STARTED), by=BY) is None
    for change in ({"metric": ExperimentMetric.LATENCY}, {"smallest_effect": 0.2}):
        with pytest.raises(RuleBroken, match="runs already"):
            ledger.record(decide_experiment_start(NAME, STARTED.model_copy(update=change)), by=BY)
    assert ledger.entries() == entries


def test_the_plan_knows_when_it_ended_and_against_what(ledger: Ledger) -> None:
    """By hand with a reason; and a promotion meanwhile is another control, which the report tells."""
    start(ledger)
    record(ledger.store, NAME, Moved(release=3, stage=Stage.PRODUCTION))
    ledger.record(decide_experiment_end(NAME, "enough"), by=BY)
    record(ledger.store, NAME, ExperimentStarted(name="longer", release=1, share=0.2, hypothesis=""))
    plan = plan_of(NAME, ledger.entries(), "shorter")
    assert (plan.control, plan.ended is not None, plan.why_ended) == ((1, 3), True, "enough")
    assert any("production changed" in one for one in report(plan, []).remarks)
    assert plan_of(NAME, ledger.entries()).name == "longer"
    with pytest.raises(UnknownName) as raised:
        plan_of(NAME, ledger.entries(), "other")
    assert "longer, shorter" in str(raised.value.remedy)


def test_a_treatment_that_is_promoted_has_ended(ledger: Ledger) -> None:
    """There is nothing left to compare."""
    start(ledger)
    record(ledger.store, NAME, Moved(release=2, stage=Stage.PRODUCTION))
    plan = plan_of(NAME, ledger.entries())
    assert (plan.control, plan.why_ended) == ((1,), "the treatment is in production")


def test_an_entry_with_a_metric_is_read_again_from_its_bytes(ledger: Ledger) -> None:
    """What the ledger keeps is what was stated."""
    start(ledger)
    ledger.record(lambda _: ExperimentEnded(name="shorter", reason="x"), by=BY)
    ledger.verify()
    facts = [Entry.model_validate_json(entry.model_dump_json()).fact for entry in ledger.entries()]
    assert STARTED in facts


def paid(people: int, *currencies: str) -> list[Event]:
    """Requests of so many people in both arms, which cost ten in one currency after the other; tests are free."""
    found = []
    for number, event in enumerate(traffic(people)):
        currency = currencies[number % len(currencies)]
        found.append(replace(event, cost=Decimal(0 if currency == "XTS" else 10), currency=currency))
    return found


def test_costs_in_several_currencies_are_never_added(ledger: Ledger) -> None:
    """Where they decide, the report is refused with what to do; beside others they are left out, and that is said."""
    by_cost = start(ledger, STARTED.model_copy(update={"metric": ExperimentMetric.COST}))
    with pytest.raises(DataError, match="EUR and USD") as raised:
        report(by_cost, paid(200, "USD", "EUR"))
    assert "one currency" in raised.value.remedy
    found = report(by_cost.model_copy(update={"metric": ExperimentMetric.SUCCESS}), paid(200, "USD", "EUR"))
    assert ExperimentMetric.COST not in [one.metric for one in found.beside]
    assert "costs are not compared: requests were paid in EUR and USD" in found.remarks


def test_what_costs_nothing_is_in_every_currency(ledger: Ledger) -> None:
    """A free model beside one that is paid: one currency, and both are compared."""
    by_cost = start(ledger, STARTED.model_copy(update={"metric": ExperimentMetric.COST}))
    found = report(by_cost, paid(200, "USD", "XTS"))
    assert found.decides.treatment.mean is not None and 4 < found.decides.treatment.mean < 6
    assert found.remarks == ()
