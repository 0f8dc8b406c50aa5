"""The worst case of an exchange, and the meter that holds every call to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from fakes.scripted_provider import Rule, ScriptedProvider
from fakes.small_assistant import CHOOSE, TEXTS, WORD, OneTool, small_assistant
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.budgets.meter import UNPAID, Meter
from roadworthy.budgets.worst_case import exchange_bound, request_bound, worst_case
from roadworthy.exchange.assistant import Assistant, ToolUse
from roadworthy.exchange.exchange import exchange
from roadworthy.exchange.interface import Outcome, Question
from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Message, Request, Sampling, Usage
from roadworthy.providers.prices import Money, Price, cost
from roadworthy.retrieval.interface import Passage

PRICE = Price(currency="USD", prompt=Decimal(3), completion=Decimal(15))
PASSAGES = [Passage(name, name, text, 0, len(text)) for name, text in TEXTS.items()]
ASKED = Request((Message("user", "How are you?"),), Sampling(max_tokens=10))
MUCH = Money(Decimal(1000), "USD")


@dataclass
class ByteModel:
    """The dearest model there can be: a token a byte, and an answer as long as it may be."""

    requests: list[Request] = field(default_factory=list)
    choice: str = '{"tool": "balance", "arguments": {}}'
    fails: FailureKind | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)

    async def complete(self, request: Request) -> Completion:
        """Answer, or fail."""
        self.requests.append(request)
        await asyncio.sleep(0)
        if self.fails:
            raise CallFailed("it fails", kind=self.fails)
        text = self.choice if request.schema is not None else "There is no monthly fee [1]."
        read = sum(len(message.content.encode()) for message in request.messages)
        return Completion(text, "stop", "bytes", Usage(read, request.sampling.max_tokens), 0.0)

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Answer in two pieces."""
        completion = await self.complete(request)
        yield completion.text[:5]
        yield completion.text[5:]
        yield completion

    async def close(self) -> None:
        """Hold nothing."""


def metered(assistant: Assistant, question: Question) -> tuple[Money, Money, Outcome]:
    """Run one exchange behind a meter; return the worst case, the exact cost and how it ended."""
    reserved = worst_case(exchange_bound(assistant, PASSAGES), question, PRICE)
    meter = Meter(assistant.provider, PRICE, reserved)
    answer = asyncio.run(exchange(replace(assistant, provider=meter), question))
    return reserved, meter.exact, answer.outcome


@pytest.mark.parametrize("most_calls", [1, 2])
@settings(max_examples=40, deadline=None)
@given(text=st.text(min_size=1, max_size=300), user=st.sampled_from(["", "cust-001"]))
def test_no_exchange_costs_more_than_its_worst_case(most_calls: int, text: str, user: str) -> None:
    """With a token for each byte and the longest answers, with tools and without, for any question."""
    model = ByteModel()
    assistant = small_assistant(model, tools=ToolUse(OneTool(), CHOOSE, WORD, most_calls))
    reserved, exact, outcome = metered(assistant, Question(f"Has the Blue Account no monthly fee? {text}", user))
    assert outcome is Outcome.ANSWERED
    assert Decimal(0) < exact.amount <= reserved.amount
    assert len(model.requests) == (1 + most_calls if user else 1)


def test_a_second_model_has_a_meter_of_its_own() -> None:
    """A call that broke off may have been paid for, and the second model is paid too: both fit what was reserved."""
    dear = Price(currency="USD", prompt=Decimal(30), completion=Decimal(60))
    assistant, question = small_assistant(ByteModel()), Question("Has the Blue Account no monthly fee?")
    bound = exchange_bound(assistant, PASSAGES)
    first = Meter(ByteModel(fails=FailureKind.CONNECTION), PRICE, worst_case(bound, question, PRICE))
    second = Meter(ByteModel(), dear, worst_case(bound, question, dear))
    answer = asyncio.run(exchange(replace(assistant, provider=first, second_provider=second), question))
    assert (answer.outcome, answer.fallback) == (Outcome.ANSWERED, "second_provider")
    assert Decimal(0) < first.exact.amount <= worst_case(bound, question, PRICE).amount
    assert cost(Usage(0, 400), dear).amount < second.exact.amount <= worst_case(bound, question, dear).amount


def test_a_worst_case_grows_with_the_question_and_with_tools() -> None:
    """Longer questions may cost more, and those of a user to whom tools are offered."""
    assistant = small_assistant(ByteModel(), tools=ToolUse(OneTool(), CHOOSE, WORD))
    bound = exchange_bound(assistant, PASSAGES)
    costs = [
        worst_case(bound, question, PRICE).amount for question in (Question("x"), Question("é"), Question("x", "u"))
    ]
    assert costs == sorted(set(costs))


def test_a_bound_counts_bytes_not_characters() -> None:
    """A character of four bytes may be four tokens; the schema is read too."""
    plain = request_bound(ASKED)
    emoji = request_bound(replace(ASKED, messages=(Message("user", "How are you?😀"),)))
    assert emoji.prompt_tokens == plain.prompt_tokens + 4
    assert request_bound(replace(ASKED, schema={"a": 1})).prompt_tokens == plain.prompt_tokens + 8
    assert (plain.completion_tokens, request_bound(replace(ASKED, choices=("yes",))).completion_tokens) == (10, 1)


def test_a_meter_lets_no_call_through_that_may_cost_too_much() -> None:
    """The model is not asked, so nothing is spent that was not reserved, whatever a bound forgot."""
    model = ByteModel()
    worst = cost(request_bound(ASKED), PRICE)
    meter = Meter(model, PRICE, worst)
    asyncio.run(meter.complete(ASKED))
    spent = meter.exact
    assert spent == cost(Usage(len("How are you?"), 10), PRICE)
    with pytest.raises(CallFailed) as caught:
        asyncio.run(meter.complete(ASKED))
    assert caught.value.kind is FailureKind.NO_CREDIT
    assert (len(model.requests), meter.exact) == (1, spent)


def test_what_is_cached_costs_nothing() -> None:
    """A completion that a cache gave was paid for once already."""
    provider = ScriptedProvider([Rule("are", "Well.")])

    class Remembering(ScriptedProvider):
        async def complete(self, request: Request) -> Completion:
            return replace(await provider.complete(request), cached=True)

    meter = Meter(Remembering(), PRICE, MUCH)
    asyncio.run(meter.complete(ASKED))
    assert meter.exact.amount == 0


@pytest.mark.parametrize("kind", list(FailureKind))
@pytest.mark.parametrize("streamed", [False, True])
def test_a_failed_call_counts_in_full_unless_nobody_bills_it(kind: FailureKind, streamed: bool) -> None:
    """What was refused costs nothing; what broke off half-way may have cost all that it could."""
    meter = Meter(ByteModel(fails=kind), PRICE, MUCH)

    async def call() -> None:
        if streamed:
            _ = [piece async for piece in meter.stream(ASKED)]
        else:
            await meter.complete(ASKED)

    with pytest.raises(CallFailed):
        asyncio.run(call())
    assert meter.exact.amount == (0 if kind in UNPAID else cost(request_bound(ASKED), PRICE).amount)


def test_a_stream_costs_what_its_completion_says() -> None:
    """Read to the end the exact tokens; left in the middle, all that it may have cost."""

    async def read(pieces: int) -> Decimal:
        meter = Meter(ByteModel(), PRICE, MUCH)
        stream = meter.stream(ASKED)
        for _ in range(pieces):
            await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        return meter.exact.amount

    exact, worst = cost(Usage(12, 10), PRICE).amount, cost(request_bound(ASKED), PRICE).amount
    assert asyncio.run(read(3)) == exact
    assert asyncio.run(read(1)) == worst > exact


def test_a_call_whose_caller_leaves_counts_in_full() -> None:
    """Nobody hears any more what it cost."""

    async def leave() -> Decimal:
        meter = Meter(ByteModel(), PRICE, MUCH)
        call = asyncio.ensure_future(meter.complete(ASKED))
        await asyncio.sleep(0)
        call.cancel()
        with suppress(asyncio.CancelledError):
            await call
        return meter.exact.amount

    assert asyncio.run(leave()) == cost(request_bound(ASKED), PRICE).amount
