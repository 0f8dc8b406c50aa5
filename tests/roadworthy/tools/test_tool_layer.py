"""The tool layer runs what is declared, allowed and approved, and nothing else; whatever happens, it says so safely."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.scripted_tools import Clock, ScriptedTools, small_layer

from roadworthy.errors import Unavailable
from roadworthy.store import LocalStore
from roadworthy.tools.failure import ToolFailed
from roadworthy.tools.gatekeeper import ToolLayer
from roadworthy.tools.interface import Caller, CallOutcome, CallVerdict, ToolCall
from roadworthy.tools.rules import Bounds

ANN = Caller(capability="helper", user="ann", conversation="c1")
BOB = Caller(capability="helper", user="bob", conversation="c2")
SECRET = "4111-1111-1111-1111"
DONE, REFUSED, FAILED = CallVerdict.DONE, CallVerdict.REFUSED, CallVerdict.FAILED
NEEDS_APPROVAL = CallVerdict.NEEDS_APPROVAL


@pytest.fixture
def backend() -> ScriptedTools:
    """A backend that runs whatever reaches it."""
    return ScriptedTools()


@pytest.fixture
def layer(tmp_path: Path, backend: ScriptedTools) -> ToolLayer:
    """A layer over it with generous bounds."""
    return small_layer(tmp_path, backend, bounds=Bounds(calls_per_exchange=100))


def call(layer: ToolLayer, tool: str, caller: Caller = ANN, **arguments: Any) -> CallOutcome:
    """Call a tool and return what became of it."""
    return asyncio.run(layer.call(ToolCall(tool, arguments), caller))


def verdicts(layer: ToolLayer) -> list[str]:
    """Return what the audit log holds, in order."""
    return [entry.fact.verdict for entry in layer.audit.entries()]


def test_an_allowed_call_runs_for_the_authenticated_customer(layer: ToolLayer, backend: ScriptedTools) -> None:
    """A read runs with the customer filled in, and its output comes back as JSON."""
    outcome = call(layer, "look", place="here")
    assert (outcome.verdict, outcome.output) == (DONE, '{"tool": "look"}')
    assert outcome.seconds > 0
    assert [(tool, arguments) for tool, arguments, _ in backend.ran] == [("look", {"place": "here", "user_id": "ann"})]
    assert verdicts(layer) == ["started", "done"]


@pytest.mark.parametrize(
    ("tool", "caller", "arguments", "reason"),
    [
        ("shred", ANN, {}, "no such tool"),
        ("look up", ANN, {}, "no such tool"),
        ("post", Caller("reader", "ann"), {"to": "x"}, "no such tool"),
        ("look", Caller("nobody", "ann"), {"place": "here"}, "no such tool"),
        ("look", Caller("helper", ""), {"place": "here"}, "nobody is signed in"),
        ("look", ANN, {"place": "here", "user_id": "bob"}, "user_id is not the authenticated customer"),
        ("look", ANN, {"place": "here", "user_id": None}, "user_id is not the authenticated customer"),
        ("look", ANN, {}, "schema at required"),
        ("look", ANN, {"place": "Here"}, "schema at properties.place.pattern"),
        ("look", ANN, {"place": "here\n"}, "schema at properties.place.pattern"),
        ("look", ANN, {"place": "here", "limit": 0}, "schema at properties.limit.minimum"),
        ("look", ANN, {"place": "here", "limit": "1"}, "schema at properties.limit.type"),
        ("look", ANN, {"place": "here", "limit": True}, "schema at properties.limit.type"),
        ("look", ANN, {"place": "here", SECRET: 1}, "schema at additionalProperties"),
        ("look", ANN, {"place": "a" * 10_000}, "larger than 8192 bytes"),
        ("look", ANN, {"place": float("nan")}, "no JSON values"),
        ("look", ANN, {"place": "\ud800"}, "no JSON values"),
        ("look", ANN, {"place": object()}, "no JSON values"),
        ("look", ANN, {"limit": 2**70}, "no JSON values"),
    ],
)
def test_what_is_not_allowed_is_refused_and_recorded(
    layer: ToolLayer, backend: ScriptedTools, tool: str, caller: Caller, arguments: dict[str, Any], reason: str
) -> None:
    """Each rule refuses with a reason that holds no contents; nothing runs, and the log has it."""
    outcome = call(layer, tool, caller, **arguments)
    assert (outcome.verdict, outcome.output) == (REFUSED, "")
    assert reason in outcome.reason
    assert SECRET not in outcome.reason
    assert backend.ran == []
    assert verdicts(layer) == ["refused"]


@pytest.mark.parametrize("arguments", [None, [1], "x", 3, {1: 2}])
def test_arguments_that_are_no_object_are_refused(layer: ToolLayer, backend: ScriptedTools, arguments: Any) -> None:
    """Whatever a model puts in the arguments' place, the layer refuses and does not break."""
    outcome = asyncio.run(layer.call(ToolCall("look", arguments), ANN))
    assert outcome.verdict is REFUSED
    assert backend.ran == []


def test_arguments_that_are_nested_without_end_are_refused(layer: ToolLayer, backend: ScriptedTools) -> None:
    """Deep nesting ends in a refusal, not in a broken stack."""
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    assert call(layer, "look", place=deep).verdict is REFUSED
    assert backend.ran == []


def test_what_runs_is_what_was_digested(layer: ToolLayer, backend: ScriptedTools) -> None:
    """1.0 and 1 are one JSON number: both have the same digest, and both run as 1."""
    first, second = call(layer, "look", place="here", limit=1.0), call(layer, "look", place="here", limit=1)
    assert first.arguments_digest == second.arguments_digest
    assert [type(arguments["limit"]) for _, arguments, _ in backend.ran] == [int, int]


def test_a_mapping_that_changes_while_it_is_read_runs_as_it_was_checked(
    layer: ToolLayer, backend: ScriptedTools
) -> None:
    """Arguments are copied once, before they are checked: an object can't show one thing and do another."""

    class Shifting(Mapping[str, Any]):
        reads = 0

        def __getitem__(self, name: str) -> Any:
            self.reads += 1
            return "here" if self.reads == 1 else "NOT HERE"

        def __iter__(self) -> Iterator[str]:
            return iter(["place"])

        def __len__(self) -> int:
            return 1

    outcome = asyncio.run(layer.call(ToolCall("look", Shifting()), ANN))
    assert outcome.verdict is DONE
    assert backend.ran[0][1]["place"] == "here"


def test_tools_that_are_off_run_for_nobody(tmp_path: Path, backend: ScriptedTools) -> None:
    """The switch takes effect at the next call, and on what a model is shown."""
    off = threading.Event()
    layer = small_layer(tmp_path, backend, switched_off=off.is_set)
    assert [tool.name for tool in layer.offered("reader")] == ["look"]
    assert call(layer, "look", place="here").verdict is DONE
    off.set()
    outcome = call(layer, "look", place="here")
    assert (outcome.verdict, outcome.reason) == (REFUSED, "tools are switched off")
    assert layer.offered("reader") == ()
    off.clear()
    assert call(layer, "look", place="here").verdict is DONE


def test_a_switch_that_can_not_be_read_counts_as_off(tmp_path: Path, backend: ScriptedTools) -> None:
    """When nobody knows whether tools are off, none runs."""

    def broken() -> bool:
        raise Unavailable("down")

    layer = small_layer(tmp_path, backend, switched_off=broken)
    assert call(layer, "look", place="here").verdict is FAILED
    assert layer.offered("reader") == ()
    assert backend.ran == []


def test_a_rate_limit_holds_for_each_customer_by_himself(layer: ToolLayer, backend: ScriptedTools) -> None:
    """A third call in the hour is refused, in a new exchange and a new conversation too; another customer's is not."""
    assert [call(layer.for_exchange(), "note").verdict for _ in range(3)] == [DONE, DONE, REFUSED]
    elsewhere = Caller("helper", "ann", "another conversation")
    assert call(layer, "note", elsewhere).reason == "the limit of 2/hour is reached"
    assert call(layer, "note", BOB).verdict is DONE


def test_a_rate_limit_holds_under_a_race(layer: ToolLayer, backend: ScriptedTools) -> None:
    """Of thirty calls at once, two get through a limit of two."""

    async def many() -> list[CallOutcome]:
        return await asyncio.gather(*(layer.call(ToolCall("note", {"text": str(n)}), ANN) for n in range(30)))

    outcomes = asyncio.run(many())
    assert sum(outcome.verdict is DONE for outcome in outcomes) == 2
    assert len(backend.ran) == 2


def test_the_calls_of_an_exchange_are_bounded(tmp_path: Path, backend: ScriptedTools) -> None:
    """A model that calls again and again is stopped, refused calls included; the next exchange starts anew."""
    layer = small_layer(tmp_path, backend, bounds=Bounds(calls_per_exchange=3))
    found = [call(layer, tool, place="here").verdict for tool in ("look", "shred", "look", "look")]
    assert found == [DONE, REFUSED, DONE, REFUSED]
    assert call(layer.for_exchange(), "look", place="here").verdict is DONE


def test_a_tool_that_calls_tools_is_bounded_too(tmp_path: Path) -> None:
    """A tool that calls itself through the layer comes to its end at the bound, not at the end of the stack."""
    layers: list[ToolLayer] = []

    def again(tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        return call(layers[0], "look", place="here").verdict.value

    backend = ScriptedTools(again)
    layers.append(small_layer(tmp_path, backend, bounds=Bounds(calls_per_exchange=5)))
    assert call(layers[0], "look", place="here").verdict is DONE
    assert len(backend.ran) == 5


def test_a_tool_that_hangs_fails_at_its_deadline(tmp_path: Path) -> None:
    """A hanging tool counts as failed; others go on meanwhile, and what it gives later is dropped."""
    go_on = threading.Event()

    def hang(tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        return go_on.wait(30) if arguments["place"] == "slow" else "quick"

    layer = small_layer(tmp_path, ScriptedTools(hang), timeout_seconds=0.2)

    async def both() -> list[CallOutcome]:
        calls = (ToolCall("look", {"place": place}) for place in ("slow", "quick"))
        return await asyncio.gather(*(layer.call(one, ANN) for one in calls))

    began = time.perf_counter()
    slow, quick = asyncio.run(both())
    go_on.set()
    assert time.perf_counter() - began < 5
    assert (slow.verdict, slow.output) == (FAILED, "")
    assert "longer than 0.2 s" in slow.reason
    assert quick.output == '"quick"'
    assert sorted(verdicts(layer)) == ["done", "failed", "started", "started"]


def test_hanging_tools_can_not_fill_the_process(tmp_path: Path) -> None:
    """When as many tools hang as may run at once, further calls fail at once instead of piling up threads."""
    go_on = threading.Event()
    backend = ScriptedTools(lambda tool, arguments, caller: go_on.wait(30))
    layer = small_layer(tmp_path, backend, timeout_seconds=0.05, bounds=Bounds(calls_per_exchange=100))
    outcomes = [call(layer, "look", place="here") for _ in range(layer.deadline.places + 1)]
    assert outcomes[-1].reason == "too many tools are at work"
    assert len(backend.ran) == layer.deadline.places
    go_on.set()


@pytest.mark.parametrize(
    "error",
    [ValueError(SECRET), KeyError(SECRET), StopIteration(SECRET), SystemExit(SECRET), KeyboardInterrupt(SECRET)],
)
def test_a_tool_that_raises_fails_without_its_message(tmp_path: Path, error: BaseException) -> None:
    """What a broken tool says stays inside: it may hold anything."""

    def fail(tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        raise error

    layer = small_layer(tmp_path, ScriptedTools(fail))
    outcome = call(layer, "look", place="here")
    assert (outcome.verdict, outcome.reason, outcome.output) == (FAILED, "the tool broke down", "")
    assert SECRET not in repr(list(layer.audit.entries()))


def test_a_tool_that_says_no_is_heard(tmp_path: Path) -> None:
    """`ToolFailed` speaks to people; the log still holds no words of the tool's."""

    def say_no(tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        raise ToolFailed("The place is closed.")

    layer = small_layer(tmp_path, ScriptedTools(say_no))
    outcome = call(layer, "look", place="here")
    assert (outcome.verdict, outcome.reason) == (FAILED, "The place is closed.")
    assert [entry.fact.reason for entry in layer.audit.entries()] == ["", "the tool said no"]


@pytest.mark.parametrize("output", [object(), float("nan"), "\ud800", {"a": {1, 2}}, "x" * 40_000])
def test_an_output_that_is_no_json_or_too_large_is_withheld(tmp_path: Path, output: Any) -> None:
    """The model gets JSON of a bounded size, or nothing."""
    layer = small_layer(tmp_path, ScriptedTools(lambda tool, arguments, caller: output))
    outcome = call(layer, "look", place="here")
    assert (outcome.verdict, outcome.output) == (FAILED, "")


def test_what_can_not_be_recorded_does_not_run(tmp_path: Path, backend: ScriptedTools) -> None:
    """Without an audit log there are no calls."""
    layer = small_layer(tmp_path, backend)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "audit").write_text("a file stands where the log should be")
    outcome = call(layer, "look", place="here")
    assert outcome.verdict is FAILED
    assert "could not be recorded" in outcome.reason
    assert backend.ran == []


def test_a_call_that_nobody_waits_for_is_recorded(tmp_path: Path) -> None:
    """When the exchange is cancelled while a tool is at work, the log says so."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(tool: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
        begun.set()
        return go_on.wait(30)

    layer = small_layer(tmp_path, ScriptedTools(wait))

    async def give_up() -> None:
        task = asyncio.create_task(layer.call(ToolCall("look", {"place": "here"}), ANN))
        await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    go_on.set()
    assert verdicts(layer) == ["started", "failed"]


def test_a_call_that_a_person_refused_is_refused_when_it_is_asked_again(
    layer: ToolLayer, backend: ScriptedTools
) -> None:
    """The model and the user learn that it was refused, not that it waits; other arguments are another call."""
    asked = call(layer, "post", to="x")
    layer.rules.approvals.refuse(asked.approval_request, "clerk", "no")
    again = call(layer, "post", to="x")
    assert (again.verdict, again.reason) == (REFUSED, "a person has refused exactly these arguments")
    assert call(layer, "post", to="y").verdict is NEEDS_APPROVAL
    assert backend.ran == []


def test_a_risky_call_runs_once_it_is_approved_and_only_once(tmp_path: Path, backend: ScriptedTools) -> None:
    """Without a yes nothing runs; with one, exactly this call of this customer runs, once."""
    layer = small_layer(tmp_path, backend, bounds=Bounds(calls_per_exchange=100))
    asked = call(layer, "burn", to="x")
    assert (asked.verdict, backend.ran) == (NEEDS_APPROVAL, [])
    assert call(layer, "burn", to="x").approval_request == asked.approval_request
    layer.rules.approvals.approve(asked.approval_request, "clerk")
    others: list[tuple[str, Caller, str]] = [
        ("burn", ANN, "y"),
        ("post", ANN, "x"),
        ("burn", BOB, "x"),
        ("burn", Caller("helper", "ann", "another conversation"), "x"),
    ]
    assert {call(layer, tool, caller, to=to).verdict for tool, caller, to in others} == {NEEDS_APPROVAL}
    assert backend.ran == []
    assert call(layer, "burn", to="x").verdict is DONE
    again = call(layer, "burn", to="x")
    assert again.verdict is NEEDS_APPROVAL
    assert again.approval_request != asked.approval_request
    assert backend.names == ["burn"]


def test_of_two_calls_with_one_approval_one_runs(tmp_path: Path, backend: ScriptedTools) -> None:
    """Sixteen at once use the same approval: it lets one through."""
    layer = small_layer(tmp_path, backend, bounds=Bounds(calls_per_exchange=100))
    layer.rules.approvals.approve(call(layer, "post", to="x").approval_request, "clerk")

    async def race() -> list[CallOutcome]:
        return await asyncio.gather(*(layer.call(ToolCall("post", {"to": "x"}), ANN) for _ in range(16)))

    outcomes = asyncio.run(race())
    assert sorted(outcome.verdict for outcome in outcomes) == [DONE] + [NEEDS_APPROVAL] * 15
    assert backend.names == ["post"]


def test_an_expired_approval_lets_nothing_through(tmp_path: Path, backend: ScriptedTools) -> None:
    """A yes lasts for a quarter of an hour."""
    clock = Clock()
    layer = small_layer(tmp_path, backend, clock=clock)
    layer.rules.approvals.approve(call(layer, "post", to="x").approval_request, "clerk")
    clock.forward(timedelta(minutes=15))
    assert call(layer, "post", to="x").verdict is NEEDS_APPROVAL
    assert backend.ran == []


def test_a_call_over_the_limit_does_not_cost_the_approval(tmp_path: Path, backend: ScriptedTools) -> None:
    """Each run and each question count by themselves, and a refused run leaves the approval as it was."""
    layer = small_layer(tmp_path, backend)
    layer.rules.approvals.approve(call(layer, "post", to="x").approval_request, "clerk")
    while layer.rules.rates.take("1000/minute", "run", "post", ANN):
        pass
    refused = call(layer, "post", to="x")
    assert refused.reason == "the limit of 1000/minute is reached"
    assert layer.rules.approvals.usable("post", refused.arguments_digest, ANN)
    assert backend.ran == []


def test_a_repeated_call_of_one_exchange_has_the_same_key(layer: ToolLayer, backend: ScriptedTools) -> None:
    """The backend can tell a repetition within an exchange from the same wish in the next one."""
    call(layer, "note", text="a")
    call(layer, "note", text="a")
    call(layer.for_exchange(), "note", BOB, text="a")
    first, second, third = (caller.idempotency_key for _, _, caller in backend.ran)
    assert first == second != third


def test_the_log_holds_no_contents(tmp_path: Path, backend: ScriptedTools) -> None:
    """Neither arguments, nor outputs, nor a name that a model made up, nor the customer is in the store."""
    backend.answer = lambda tool, arguments, caller: SECRET
    layer = small_layer(tmp_path, backend)
    mia = Caller("helper", "mia-hartmann", "conversation-seven")
    call(layer, "look", mia, place="secretplace")
    call(layer, f"tool {SECRET}", mia, place="here")
    call(layer, "post", mia, to=SECRET)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert len(list(layer.audit.entries())) == 4
    assert [word for word in (SECRET, "secretplace", "mia", "seven") if word.encode() in kept] == []


def test_layers_of_one_store_share_log_and_approvals(tmp_path: Path, backend: ScriptedTools) -> None:
    """Two layers on one store and key, as in two processes, find each other's approvals and keep one log."""
    one, other = small_layer(tmp_path, backend), small_layer(tmp_path, backend)
    asked = call(one, "post", to="x")
    other.rules.approvals.approve(asked.approval_request, "clerk")
    assert call(other, "post", to="x").verdict is DONE
    assert one.audit.store == LocalStore(tmp_path / "store")
    assert one.audit.verify().sequence == 3
