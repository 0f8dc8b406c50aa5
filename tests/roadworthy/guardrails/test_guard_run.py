"""Guards run in order, and what could not be scanned is held back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from roadworthy.guardrails.guarded import Guarded
from roadworthy.guardrails.interface import Context, Place, Scan, Verdict
from roadworthy.guardrails.remembered import LONGEST, RememberedDocuments
from roadworthy.guardrails.run import STANDARD_REFUSAL, Guardrails
from roadworthy.guardrails.size import SizeGuard


@dataclass(frozen=True)
class SmallGuard:
    """A guard that does what it is told."""

    name: str
    does: Callable[[str], Scan]
    places: frozenset[Place] = frozenset({Place.INPUT})

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Do it."""
        return self.does(text)


def adding(letter: str) -> SmallGuard:
    """A guard that appends a letter."""
    return SmallGuard(f"add-{letter}", lambda text: Scan(Verdict.CHANGED, text + letter, "added"))


def crash(text: str) -> Scan:
    """Crash, with the text in the message."""
    raise RuntimeError(text)


BLOCK = SmallGuard("block", lambda text: Scan(Verdict.BLOCKED, text, "no"))


def test_each_guard_sees_what_the_one_before_made_of_the_text() -> None:
    """Changes add up in order, and each has a finding."""
    with Guardrails([adding("a"), adding("b")]) as guardrails:
        guarded = guardrails.run("x", Place.INPUT)
    assert guarded.text == "xab"
    assert [(one.guard, one.verdict) for one in guarded.findings] == [
        ("add-a", Verdict.CHANGED),
        ("add-b", Verdict.CHANGED),
    ]
    assert all(one.seconds >= 0 for one in guarded.findings)


def test_a_guard_looks_only_at_its_places() -> None:
    """No finding for a place that a guard does not watch."""
    with Guardrails([adding("a")]) as guardrails:
        guarded = guardrails.run("x", Place.OUTPUT)
    assert guarded.text == "x"
    assert guarded.findings == ()


def test_a_blocked_text_goes_nowhere() -> None:
    """The text is gone, later guards don't run, and the standard words stand in."""
    with Guardrails([BLOCK, adding("a")]) as guardrails:
        guarded = guardrails.run("x", Place.INPUT)
    assert (guarded.text, guarded.blocked, guarded.refusal) == ("", True, STANDARD_REFUSAL)
    assert len(guarded.findings) == 1


def test_a_crash_holds_the_text_back_and_tells_only_the_kind_of_error() -> None:
    """A crash is not scanned, never allowed, and the reason does not repeat the error's message."""
    with Guardrails([SmallGuard("crash", crash)]) as guardrails:
        guarded = guardrails.run("my secret", Place.INPUT)
    assert guarded.blocked
    assert guarded.findings[0].verdict is Verdict.NOT_SCANNED
    assert guarded.findings[0].reason == "crashed: RuntimeError"


def test_overdue_guards_hold_texts_back_and_never_take_more_threads_than_allowed() -> None:
    """Three texts meet a guard that hangs, with two workers: all are held back, and two threads at most are kept."""
    go_on = threading.Event()

    def hang(text: str) -> Scan:
        go_on.wait()
        return Scan(Verdict.ALLOWED, text)

    before = threading.active_count()
    with Guardrails([SmallGuard("hang", hang)], deadline=0.02, workers=2) as guardrails:
        found = [guardrails.run("x", Place.INPUT) for _ in range(3)]
        kept = threading.active_count() - before
        go_on.set()
    assert all(one.blocked and one.findings[0].verdict is Verdict.NOT_SCANNED for one in found)
    assert kept <= 2


def test_ten_megabytes_are_refused_at_once() -> None:
    """Only the size guard meets a prompt of 10 MB, and it says the limit."""
    with Guardrails([SizeGuard(8000), SmallGuard("crash", crash)]) as guardrails:
        guarded = guardrails.run("x" * 10_000_000, Place.INPUT)
    assert guarded.blocked
    assert guarded.refusal == "That is too long: please write at most 8,000 characters."
    assert guarded.findings[0].seconds < 0.5


@pytest.mark.parametrize(("length", "verdict"), [(10, Verdict.ALLOWED), (11, Verdict.BLOCKED)])
def test_the_limit_itself_is_allowed(length: int, verdict: Verdict) -> None:
    """The limit counts characters, and is allowed."""
    assert SizeGuard(10).scan("ä" * length, Place.INPUT, Context()).verdict is verdict


def test_a_loop_that_comes_late_holds_nothing_back() -> None:
    """Guards that were done in time count as done, even if nobody could look before their deadline was over."""
    done = threading.Event()

    def scan(text: str) -> Scan:
        done.set()
        return Scan(Verdict.ALLOWED, text)

    async def run(guardrails: Guardrails) -> Guarded:
        look = asyncio.create_task(guardrails.look("x", Place.INPUT))
        await asyncio.sleep(0)
        done.wait(10)
        threading.Event().wait(0.2)
        return await look

    with Guardrails([SmallGuard("done", scan)], deadline=0.1) as guardrails:
        assert not asyncio.run(run(guardrails)).blocked


def test_looking_and_running_are_the_same() -> None:
    """Text, verdicts and refusals; an overdue guard holds back either way, a place without guards needs no thread."""
    go_on = threading.Event()

    def hang(text: str) -> Scan:
        go_on.wait(10)
        return Scan(Verdict.ALLOWED, text)

    def told(guarded: Guarded) -> object:
        found = [(one.guard, one.verdict, one.reason) for one in guarded.findings]
        return guarded.text, guarded.blocked, guarded.refusal, found

    for guards in ([adding("a"), adding("b")], [BLOCK], [SmallGuard("crash", crash)], [SmallGuard("hang", hang)], []):
        with Guardrails(guards, deadline=0.1) as guardrails:
            assert told(asyncio.run(guardrails.look("x", Place.INPUT))) == told(guardrails.run("x", Place.INPUT))
    go_on.set()


@pytest.mark.parametrize("place", [Place.INPUT, Place.OUTPUT, Place.DOCUMENT, Place.TOOL_OUTPUT])
@pytest.mark.parametrize("text", ["short", "longer"])
def test_short_questions_and_answers_take_no_thread(place: Place, text: str) -> None:
    """Guards that are known to be quick look at them in the event loop, and at everything else in a thread."""
    seen: list[bool] = []

    def look(text: str) -> Scan:
        seen.append(threading.current_thread() is threading.main_thread())
        return Scan(Verdict.ALLOWED, text)

    with Guardrails([SmallGuard("look", look, frozenset(Place))], quick_characters=5) as guardrails:
        asyncio.run(guardrails.look(text, place))
    assert seen == [text == "short" and place in (Place.INPUT, Place.OUTPUT)]


def test_a_quick_guard_that_is_not_holds_back_all_the_same() -> None:
    """Whoever says after the deadline that a text may go on is overdue, in a thread or in none."""

    def slow(text: str) -> Scan:
        threading.Event().wait(0.5)
        return Scan(Verdict.ALLOWED, text)

    with Guardrails([adding("a"), SmallGuard("slow", slow)], deadline=0.25, quick_characters=5) as guardrails:
        guarded = asyncio.run(guardrails.look("x", Place.INPUT))
    assert (guarded.text, guarded.blocked, guarded.refusal) == ("", True, STANDARD_REFUSAL)
    assert [(one.guard, one.verdict) for one in guarded.findings] == [
        ("add-a", Verdict.CHANGED),
        ("slow", Verdict.NOT_SCANNED),
    ]


def test_a_document_is_looked_at_once() -> None:
    """A release's passages stay the same; the question and the answer are looked at each time."""
    seen: list[str] = []

    def look(text: str) -> Scan:
        seen.append(text)
        return Scan(Verdict.CHANGED, f"{text}!", "noted")

    async def twice(guardrails: Guardrails, place: Place) -> list[Guarded]:
        return [await guardrails.look("x", place) for _ in range(2)]

    with Guardrails([SmallGuard("note", look, frozenset({Place.INPUT, Place.DOCUMENT}))]) as guardrails:
        first, again = asyncio.run(twice(guardrails, Place.DOCUMENT))
        assert seen == ["x"]
        asyncio.run(twice(guardrails, Place.INPUT))
    assert seen == ["x"] * 3
    assert first.text == again.text == "x!"
    assert [(one.guard, one.verdict) for one in again.findings] == [("note", Verdict.CHANGED)]


def test_a_document_that_could_not_be_scanned_is_looked_at_again() -> None:
    """A crash is not remembered: the next time it may be scanned."""
    left = [crash]

    def scan(text: str) -> Scan:
        return left.pop()(text) if left else Scan(Verdict.ALLOWED, text)

    async def twice(guardrails: Guardrails) -> list[bool]:
        return [(await guardrails.look("x", Place.DOCUMENT)).blocked for _ in range(2)]

    with Guardrails([SmallGuard("crash", scan, frozenset({Place.DOCUMENT}))]) as guardrails:
        assert asyncio.run(twice(guardrails)) == [True, False]


def test_documents_are_remembered_up_to_a_bound() -> None:
    """The one that was not needed for longest is forgotten, and a very long one is never kept."""
    remembered = RememberedDocuments(most=2)
    for text in ("a", "b"):
        remembered.put(text, Guarded(text, (), False))
    assert remembered.get("a") is not None
    remembered.put("c", Guarded("c", (), False))
    remembered.put("d" * (LONGEST + 1), Guarded("", (), True))
    assert [remembered.get(text) is not None for text in ("a", "b", "c", "d" * (LONGEST + 1))] == [
        True,
        False,
        True,
        False,
    ]
