"""A conversation that is handed over is answered by one person, seen by its own tenant, and kept without secrets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from fakes.memory_store import MemoryStore
from fakes.scripted_tools import Clock

from roadworthy.audit.facts import Escalated
from roadworthy.audit.log import AuditLog
from roadworthy.errors import Busy, IntegrityError, RuleBroken, UnknownName, UsageError
from roadworthy.handover.queue import CaseQueue, Escalation
from roadworthy.handover.records import CaseState, Turn
from roadworthy.store import LocalStore, Store
from roadworthy.tools.keyed_digest import KeyedDigest

KEY = KeyedDigest(bytes(32))
REQUEST = "0" * 32
WISH = Escalation("helper", REQUEST, "tenant-1", "cust-001", "wants a person")
CASE = f"helper.{REQUEST}"
RACERS = 16


def queue_on(store: Store, clock: Clock | None = None, keeps: bool = False) -> CaseQueue:
    """Return a queue whose steps go into the audit log of the same store."""
    clock = clock or Clock()
    return CaseQueue(store, KEY, AuditLog(store, clock).record, lambda _: keeps, clock)


def steps_in(store: Store) -> list[str]:
    """Return the steps that the audit log holds."""
    return [entry.fact.step for entry in AuditLog(store).entries() if isinstance(entry.fact, Escalated)]


def test_from_escalation_to_answer(store: Store) -> None:
    """A case is opened, taken and answered; then it waits no more, and each step is in the audit log."""
    queue = queue_on(store)
    opened = queue.escalate(WISH)
    assert (opened.id, opened.state) == (CASE, CaseState.OPEN)
    assert queue.waiting() == (opened,) == queue.waiting("helper")
    assert queue.waiting("help") == ()
    assert queue.take(CASE, "ann").state is CaseState.TAKEN
    answered = queue.answer(CASE, " We have called you.\n", "ann")
    assert answered.answered is not None
    assert (answered.state, answered.answered.text) == (CaseState.ANSWERED, "We have called you.")
    assert queue.case_of("helper", REQUEST) == answered
    assert queue.waiting() == ()
    assert steps_in(store) == ["opened", "taken", "answered"]


def test_the_same_request_is_one_case() -> None:
    """Who escalates again gets the case that is there, with its first reason; the log hears of one."""
    queue = queue_on(MemoryStore())
    first = queue.escalate(WISH)
    assert queue.escalate(replace(WISH, reason="again")) == first
    assert steps_in(queue.store) == ["opened"]


def test_of_sixteen_who_take_a_case_one_gets_it(store: Store) -> None:
    """The others learn who has it; who has it may say so again."""
    queue = queue_on(store)
    queue.escalate(WISH)
    together = Barrier(RACERS)

    def take(number: int) -> str:
        together.wait(30)
        try:
            queue.take(CASE, f"clerk {number}")
        except Busy as busy:
            return busy.problem
        return ""

    with ThreadPoolExecutor(RACERS) as pool:
        said = list(pool.map(take, range(RACERS)))
    taker = f"clerk {said.index('')}"
    assert sorted(said) == ["", *[f"{taker} has taken this case"] * (RACERS - 1)]
    assert queue.take(CASE, taker).state is CaseState.TAKEN


def test_a_case_belongs_to_its_taker_for_a_while() -> None:
    """Nobody else answers it meanwhile; when the taker does nothing for four hours, others may."""
    clock = Clock()
    queue = queue_on(MemoryStore(), clock)
    queue.escalate(WISH)
    queue.take(CASE, "ann")
    clock.forward(timedelta(hours=4) - timedelta(microseconds=1))
    with pytest.raises(RuleBroken, match="ann has taken"):
        queue.answer(CASE, "x", "bob")
    clock.forward(timedelta(microseconds=1))
    assert queue.answer(CASE, "x", "bob").state is CaseState.ANSWERED


@pytest.mark.parametrize("ended", ["answer", "close"])
def test_what_has_ended_stays_ended(ended: str) -> None:
    """After an answer or an end nobody takes, answers or closes the case."""
    queue = queue_on(MemoryStore())
    queue.escalate(WISH)
    getattr(queue, ended)(CASE, "done", "ann")
    for act in (queue.answer, queue.close):
        with pytest.raises(RuleBroken, match="already"):
            act(CASE, "x", "ann")
    with pytest.raises(RuleBroken, match="already"):
        queue.take(CASE, "ann")


def test_content_is_kept_only_where_the_policy_says_so_and_redacted() -> None:
    """Without the policy's word no turn is stored; with it, secrets, addresses and controls are taken out."""
    turn = Turn(role="user", text="I am ann@example.com \x1b[2J\u202e and \ud800 waited")
    wish = replace(WISH, transcript=(turn,), reason="mail ann@example.com")
    without, with_content = queue_on(MemoryStore()).escalate(wish), queue_on(MemoryStore(), keeps=True).escalate(wish)
    assert without.opened.transcript == ()
    assert "ann@" not in without.opened.reason
    (kept,) = with_content.opened.transcript
    assert kept.text.endswith("[2J and  waited")
    assert "ann@" not in kept.text


def test_the_store_holds_no_user_and_the_audit_log_no_person() -> None:
    """Users are keyed digests everywhere; the people at work are so in the audit log."""
    store = MemoryStore()
    queue = queue_on(store)
    queue.escalate(replace(WISH, reason=""))
    queue.take(CASE, "clerk-ann")
    everything = dict(store._kept)
    assert not any(b"cust-001" in content for content in everything.values())
    assert not any(b"clerk-ann" in content for key, content in everything.items() if key.startswith("audit/"))


@pytest.mark.parametrize(
    "case",
    [
        "",
        "helper",
        "helper.",
        f"helper.{'x' * 99}",
        f"../../etc.{REQUEST}",
        f"helper.{REQUEST}/..",
        f"Helper.{REQUEST}",
    ],
)
def test_what_is_no_case_is_unknown(case: str) -> None:
    """Whatever is asked for, a case that is not there is not there, and the error repeats none of it."""
    queue = queue_on(MemoryStore())
    for act in (queue.case, lambda one: queue.take(one, "ann"), lambda one: queue.answer(one, "x", "ann")):
        with pytest.raises(UnknownName, match="no such case"):
            act(case)


def test_what_is_too_long_or_says_nothing_is_refused() -> None:
    """Reasons, transcripts and answers have bounds, and an answer is not empty."""
    queue = queue_on(MemoryStore())
    for wish in (
        replace(WISH, reason="x" * 2001),
        replace(WISH, transcript=(Turn(role="user", text="x" * 8001),)),
        replace(WISH, transcript=(Turn(role="user", text="x"),) * 101),
    ):
        with pytest.raises(UsageError, match=r"longer|at most"):
            queue.escalate(wish)
    queue.escalate(WISH)
    for text in ("", " \n", "\x00", "x" * 4001):
        with pytest.raises(UsageError):
            queue.answer(CASE, text, "ann")


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    """A case that can't be read is an error with its place, not an open case."""
    queue = queue_on(LocalStore(tmp_path))
    queue.escalate(WISH)
    queue.take(CASE, "ann")
    (tmp_path / "handover" / "helper" / REQUEST / "taken.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"taken\.json"):
        queue.case(CASE)
