"""Few messages: grouped, repeated, resolved, silenced, and none of it forgotten by a restart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from fakes.alert_samples import NOON, PARAMS, Clock, Notebook, a_desk, a_finding
from fakes.memory_store import MemoryStore
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.alerts.alert import AlertKind, Finding, word_of
from roadworthy.alerts.delivery import Delivery
from roadworthy.alerts.desk import AlertDesk
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.noting import Scope
from roadworthy.errors import IntegrityError, UnknownName
from roadworthy.service_levels.objectives import Severity
from roadworthy.store import LocalStore

SCOPE = Scope(frozenset({AlertKind.SERVICE_LEVEL}))
CANARY = Scope(frozenset({AlertKind.CANARY_ROLLED_BACK}))
SLOW = a_finding(measure="latency")
BAD = a_finding()
PAGE = a_finding(severity=Severity.PAGE)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at noon."""
    return Clock()


@pytest.fixture
def notebook() -> Notebook:
    """A channel that works."""
    return Notebook()


@pytest.fixture
def desk(clock: Clock, notebook: Notebook) -> AlertDesk:
    """A desk with one channel."""
    return a_desk(notebook, clock=clock)


def test_one_message_for_many_alerts_of_a_group(desk: AlertDesk, notebook: Notebook) -> None:
    """Two measures of one capability and kind: one message that names both, with figures, bound and playbook."""
    desk.report(SCOPE, (BAD, SLOW))
    (text,) = notebook.texts
    assert text.title == "[ticket] help-desk: service level, 2 of them"
    assert "success of release 3: 20, bound 14.4" in text.body and "latency" in text.body
    assert "docs/playbooks/outage.md" in text.body


@pytest.mark.parametrize("findings", [(PAGE, BAD), (BAD, PAGE)])
def test_of_two_promises_of_one_kind_the_worse_one_is_told(
    desk: AlertDesk, notebook: Notebook, findings: tuple[Finding, ...]
) -> None:
    """Whatever their order: a promise that is only a ticket does not hide one that calls somebody."""
    desk.report(SCOPE, findings)
    assert notebook.titles == ["[page] help-desk: service level"]


@pytest.mark.parametrize(
    ("measure", "playbook"),
    [("success.budget_left", "outage"), ("latency.budget_left", "latency"), ("cost.budget_left", "cost")],
)
def test_a_promise_that_is_spent_points_to_its_own_playbook(
    desk: AlertDesk, notebook: Notebook, measure: str, playbook: str
) -> None:
    """Each promise has a budget, and only that of money is a matter of cost."""
    desk.report(SCOPE, (a_finding(measure=measure),))
    assert f"docs/playbooks/{playbook}.md" in notebook.texts[0].body


def test_other_capabilities_get_their_own(desk: AlertDesk, notebook: Notebook) -> None:
    """Groups don't mix."""
    desk.report(SCOPE, (BAD, a_finding(capability="delay")))
    assert sorted(notebook.titles) == ["[ticket] delay: service level", "[ticket] help-desk: service level"]


def test_what_is_seen_again_is_not_told_again_until_it_is_repeated(
    desk: AlertDesk, notebook: Notebook, clock: Clock
) -> None:
    """A look a minute for eleven hours: one message; after twelve hours it is told that it is still so."""
    for _ in range(11 * 60):
        desk.report(SCOPE, (BAD,))
        clock.pass_(minutes=1)
    assert len(notebook.texts) == 1
    (alert,) = desk.log.board().open
    assert (alert.started, alert.count) == (NOON, 11 * 12)
    clock.pass_(hours=1)
    desk.report(SCOPE, (BAD,))
    assert notebook.titles[1:] == ["[ticket] help-desk: still service level"]


def test_what_joins_a_group_waits_for_its_window(desk: AlertDesk, notebook: Notebook, clock: Clock) -> None:
    """Told together ten minutes later, by whatever look comes then."""
    desk.report(SCOPE, (BAD,))
    for minute in range(1, 10):
        clock.pass_(minutes=1)
        desk.report(SCOPE, (BAD, SLOW, a_finding(measure=f"m{minute}")))
    assert len(notebook.texts) == 1
    clock.pass_(minutes=1)
    desk.report(SCOPE, (BAD, SLOW))
    assert len(notebook.texts) == 2
    assert "latency" in notebook.texts[1].body
    assert "over: m9" in notebook.texts[1].body, "what came and went in between is told, too"


def test_a_page_does_not_wait_for_a_window(desk: AlertDesk, notebook: Notebook, clock: Clock) -> None:
    """It is worse than what people know."""
    desk.report(SCOPE, (BAD,))
    clock.pass_(minutes=1)
    desk.report(SCOPE, (PAGE,))
    assert notebook.titles == ["[ticket] help-desk: service level", "[page] help-desk: service level"]


def test_the_end_is_told(desk: AlertDesk, notebook: Notebook, clock: Clock) -> None:
    """Once, with its times; a later one of the same kind is another alert."""
    desk.report(SCOPE, (PAGE,))
    clock.pass_(minutes=3)
    desk.report(SCOPE, ())
    assert notebook.titles[1:] == ["[resolved] help-desk: service level"]
    assert "over: success" in notebook.texts[1].body and "12:00 UTC to 2026-11-23 12:03" in notebook.texts[1].body
    clock.pass_(hours=1)
    desk.report(SCOPE, ())
    assert len(notebook.texts) == 2
    desk.report(SCOPE, (PAGE,))
    first, second = desk.log.alerts()
    assert (first.resolved, second.resolved) == (NOON + timedelta(minutes=3), None)


def test_what_comes_and_goes_is_not_told_each_time(desk: AlertDesk, notebook: Notebook, clock: Clock) -> None:
    """A page that flaps every minute for an hour: not sixty messages, and in the end all is told as over."""
    for minute in range(60):
        desk.report(SCOPE, (PAGE,) if minute % 2 else ())
        clock.pass_(minutes=1)
    clock.pass_(minutes=10)
    desk.report(SCOPE, ())
    assert len(notebook.texts) <= 14
    assert notebook.titles[-1].startswith("[resolved]")
    assert {alert.resolved is None for alert in desk.log.alerts()} == {False}


def test_a_look_ends_only_what_it_can_see(desk: AlertDesk, clock: Clock) -> None:
    """Another kind's look, another capability's, and one from the past: nothing is over."""
    desk.report(SCOPE, (BAD,))
    clock.pass_(minutes=1)
    desk.report(Scope(frozenset({AlertKind.DRIFT})), ())
    desk.report(Scope(SCOPE.kinds, "delay"), ())
    clock.pass_(days=-1)
    desk.report(SCOPE, ())
    assert len(desk.log.board().open) == 1


def test_what_happened_once_ends_without_a_word(desk: AlertDesk, notebook: Notebook, clock: Clock) -> None:
    """A canary that was taken back does not last; looks that find nothing do not end it before its day is over."""
    desk.report(CANARY, (a_finding(kind=AlertKind.CANARY_ROLLED_BACK),))
    clock.pass_(hours=6)
    desk.report(CANARY, ())
    assert len(desk.log.board().open) == 1
    clock.pass_(hours=19)
    desk.report(CANARY, ())
    assert desk.log.board().open == ()
    assert len([title for title in notebook.titles if "resolved" in title]) == 0


def test_a_silence_is_kept_and_ends(clock: Clock) -> None:
    """Through a restart nothing is told of what is silenced, it is seen all the same; afterwards it is told."""
    store, notebook = MemoryStore(), Notebook()
    a_desk(notebook, clock=clock, store=store).silence(NOON + timedelta(hours=1), None, "help-desk")
    again = a_desk(notebook, clock=clock, store=store)
    again.report(SCOPE, (BAD, a_finding(capability="delay")))
    assert notebook.titles == ["[ticket] delay: service level"]
    assert len(again.log.board().open) == 2
    clock.pass_(hours=1)
    again.deliver()
    assert notebook.titles[1:] == ["[ticket] help-desk: service level"]


def test_a_silence_can_be_ended(desk: AlertDesk, notebook: Notebook) -> None:
    """And one that is none is an error with a name."""
    made = desk.silence(NOON + timedelta(hours=1), AlertKind.SERVICE_LEVEL, None)
    desk.report(SCOPE, (BAD,))
    assert notebook.texts == []
    desk.end_silence(made.id)
    desk.deliver()
    assert len(notebook.texts) == 1
    with pytest.raises(UnknownName):
        desk.end_silence(made.id)


def test_a_restart_forgets_nothing(clock: Clock) -> None:
    """What is told is not told again by another process, and its end is."""
    store, notebook = MemoryStore(), Notebook()
    for _ in range(5):
        a_desk(notebook, clock=clock, store=store).report(SCOPE, (BAD,))
        clock.pass_(minutes=30)
    a_desk(notebook, clock=clock, store=store).report(SCOPE, ())
    assert notebook.titles == ["[ticket] help-desk: service level", "[resolved] help-desk: service level"]


def test_looks_that_say_nothing_new_write_nothing(desk: AlertDesk, clock: Clock) -> None:
    """A quiet house does not fill its store."""
    desk.report(SCOPE, ())
    assert len(list(desk.log.entries())) == 0
    desk.report(SCOPE, (BAD,))
    written = len(list(desk.log.entries()))
    clock.pass_(minutes=2)
    desk.report(SCOPE, (BAD,))
    assert len(list(desk.log.entries())) == written


def test_a_changed_entry_is_found(clock: Clock, notebook: Notebook, tmp_path: Path) -> None:
    """The log is a sealed chain: what was told and when is evidence in an incident."""
    log = AlertLog(LocalStore(tmp_path))
    AlertDesk(log, Delivery((notebook,), PARAMS), clock).report(SCOPE, (BAD,))
    assert [entry.sequence for entry in log.entries()] == [1, 2]
    path = tmp_path / "alerts" / "000000" / "000000001.json"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"success", b"latency"))
    with pytest.raises(IntegrityError, match="Entry 1 of the log of alerts"):
        list(log.entries())


_findings = st.builds(
    a_finding,
    capability=st.sampled_from(["a", "b"]),
    measure=st.sampled_from(["x", "y", "z"]),
    severity=st.sampled_from(Severity),
    measured=st.none() | st.floats(),
)
_looks = st.lists(st.tuples(st.lists(_findings, max_size=4), st.integers(0, 60)), max_size=20)


@settings(max_examples=40, deadline=None)
@given(_looks)
def test_everything_that_was_ever_open_is_told(looks: list[tuple[list[Finding], int]]) -> None:
    """Whatever comes and goes: in the end, when the windows have passed, people heard of each alert's end."""
    clock, notebook = Clock(), Notebook()
    desk = a_desk(notebook, clock=clock)
    for findings, minutes in looks:
        desk.report(SCOPE, tuple(findings))
        clock.pass_(minutes=minutes, seconds=1)
    for _ in range(2):
        desk.report(SCOPE, ())
        clock.pass_(hours=1)
    desk.deliver()
    board = desk.log.board()
    assert (board.open, board.waiting, board.groups) == ((), (), ())
    said = "\n".join(text.body for text in notebook.texts)
    for alert in desk.log.alerts():
        assert any(line.startswith("over: ") and alert.id in line for line in said.splitlines())


@given(st.text())
def test_any_name_becomes_a_word(name: str) -> None:
    """A column may be called anything; an alert takes words alone."""
    assert a_finding(measure=word_of(name)).measure
