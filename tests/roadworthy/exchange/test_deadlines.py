"""Deadlines and callers who go away: every part stops, and says which one was at work."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import aclosing

import pytest
from fakes.piecewise_provider import PiecewiseProvider
from fakes.small_assistant import CHOOSE, WORD, WORDS, OneTool, WordRetriever, small_assistant

from roadworthy.exchange.assistant import Assistant, ToolUse
from roadworthy.exchange.exchange import converse, exchange
from roadworthy.exchange.interface import Answer, Outcome, Question
from roadworthy.retrieval.interface import Hit
from roadworthy.tools.interface import Caller, CallOutcome, ToolCall

FEE = "Has the Blue Account no monthly fee?"


def ask(assistant: Assistant, seconds: float, user: str = "") -> Answer:
    """Run one exchange that nobody waits for longer than `seconds`."""

    async def run() -> Answer:
        return await exchange(assistant, Question(FEE, user, deadline=time.monotonic() + seconds))

    return asyncio.run(run())


@pytest.mark.parametrize("hangs_after", [0, 1])
def test_a_model_that_hangs_is_given_up_at_the_deadline(hangs_after: int) -> None:
    """The safe template, the name of the part, no word to a second model, and the first is stopped."""
    provider, second = PiecewiseProvider(["None "], hangs_after=hangs_after), PiecewiseProvider(["No [1]."])
    answer = ask(small_assistant(provider, second_provider=second), 0.2)
    assert (answer.outcome, answer.text, answer.fallback) == (Outcome.FAILED, WORDS.safe_template, "safe_template")
    assert (answer.spans[-1].name, answer.spans[-1].failure) == ("ask the model", "DeadlinePassed")
    assert provider.stopped
    assert second.asked == 0


class SlowRetriever(WordRetriever):
    """Finds nothing until it is let."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def search(self, question: str, count: int) -> tuple[Hit, ...]:
        """Wait."""
        self.go_on.wait(20)
        return ()


def test_a_slow_search_is_not_waited_for() -> None:
    """The trace names it, and the model is not asked."""
    retriever, provider = SlowRetriever(), PiecewiseProvider(["None [1]."])

    async def run() -> Answer:
        answer = await exchange(
            small_assistant(provider, retriever=retriever), Question(FEE, deadline=time.monotonic() + 0.1)
        )
        retriever.go_on.set()
        return answer

    answer = asyncio.run(run())
    assert (answer.spans[-1].name, answer.spans[-1].failure) == ("retrieve", "DeadlinePassed")
    assert provider.asked == 0


class SlowTool(OneTool):
    """A tool that does not come back."""

    async def call(self, call: ToolCall, caller: Caller) -> CallOutcome:
        """Wait."""
        await asyncio.Event().wait()
        raise AssertionError("nobody lets it")


def test_a_slow_tool_is_not_waited_for() -> None:
    """The trace names the call."""
    provider = PiecewiseProvider(['{"tool": "balance", "arguments": {}}'])
    answer = ask(small_assistant(provider, tools=ToolUse(SlowTool(), CHOOSE, WORD)), 0.2, user="cust-001")
    assert answer.outcome is Outcome.FAILED
    assert (answer.spans[-1].name, answer.spans[-1].failure) == ("call a tool", "DeadlinePassed")


def test_a_deadline_that_has_passed_asks_nobody() -> None:
    """The model is not begun."""
    provider = PiecewiseProvider(["None [1]."])
    assert ask(small_assistant(provider), -1).outcome is Outcome.FAILED
    assert provider.asked == 0


def test_a_caller_who_is_cancelled_stops_the_model() -> None:
    """The cancellation comes through, to the model first."""
    provider = PiecewiseProvider(["None "], hangs_after=1)

    async def run() -> None:
        task = asyncio.create_task(exchange(small_assistant(provider), Question(FEE)))
        await provider.hangs.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert provider.stopped


def test_a_reader_who_closes_stops_the_model() -> None:
    """In the middle of what it says."""
    provider = PiecewiseProvider(["The Blue Account has no monthly fee [1]. "] * 50)

    async def run() -> None:
        async with aclosing(converse(small_assistant(provider, []), Question(FEE))) as parts:
            await anext(parts)

    asyncio.run(run())
    assert provider.stopped
    assert provider.said < 50
