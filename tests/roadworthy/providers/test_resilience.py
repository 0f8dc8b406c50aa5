"""resilience: what may pass is tried again, what can't is not, and no call lasts longer than its limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from fakes.scripted_provider import Rule, ScriptedProvider
from provider_samples import CAPITAL, asking, completed, failure, streamed
from servers import misbehaving_endpoint as endpoint
from servers.misbehaving_endpoint import Behaviour, running_endpoint

from roadworthy.providers.failures import RETRIED, CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Request
from roadworthy.providers.openai_endpoint import OpenAIProvider
from roadworthy.providers.resilience import Limits, Resilient

QUICK = Limits(timeout_seconds=20, attempts=3, wait_seconds=0.001, failures_to_open=100)


def limited(base_url: str, **changes: object) -> Resilient:
    """A provider that hardly waits between attempts."""
    return Resilient(OpenAIProvider(base_url, "small", "key"), QUICK.model_copy(update=changes))


def failing(kind: FailureKind, times: int) -> ScriptedProvider:
    """A model that fails a number of times and then answers."""
    model = ScriptedProvider()

    def answer(_: Request) -> str | CallFailed:
        return CallFailed("trouble", kind=kind, where="w", remedy="r") if model.calls <= times else "well"

    model.rules = [Rule("", answer)]
    return model


@dataclass
class GatedProvider(ScriptedProvider):
    """A model that answers only when it is let."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    inside: int = 0
    most_inside: int = 0

    async def complete(self, request: Request) -> Completion:
        """Wait at the gate."""
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.entered.set()
        try:
            await self.gate.wait()
        finally:
            self.inside -= 1
        return await super().complete(request)

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield one piece, then wait at the gate."""
        yield "first"
        await self.gate.wait()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    "trouble",
    [endpoint.hang_up, endpoint.web_page, endpoint.broken, endpoint.too_many_requests("0.01")],
    ids=["connection", "garbage", "500", "429"],
)
def test_trouble_that_passes_is_not_seen(trouble: Behaviour, stream: bool) -> None:
    """Two bad answers, then a good one: the caller gets the good one."""
    with running_endpoint([trouble, trouble, endpoint.well]) as server:
        provider = limited(server.base_url)
        said = "".join(streamed(provider, asking(CAPITAL))) if stream else completed(provider, asking(CAPITAL)).text
        assert len(server.asked) == 3
    assert said == endpoint.TEXT


def test_trouble_that_stays_is_raised_after_the_last_attempt() -> None:
    """The endpoint is asked as often as `attempts` says, and the failure is its last one."""
    with running_endpoint([endpoint.broken]) as server:
        failed = failure(limited(server.base_url), asking(CAPITAL))
        assert len(server.asked) == 3
    assert failed.kind is FailureKind.SERVER_ERROR


@pytest.mark.parametrize("kind", sorted(set(FailureKind) - RETRIED))
def test_what_will_not_pass_is_not_tried_again(kind: FailureKind) -> None:
    """A wrong key stays wrong."""
    model = failing(kind, 1)
    assert failure(Resilient(model, QUICK), asking(CAPITAL)).kind is kind
    assert model.calls == 1


def test_retry_after_is_waited_for() -> None:
    """The endpoint is not asked again before the time that it named."""
    with running_endpoint([endpoint.too_many_requests("0.3"), endpoint.well]) as server:
        started = time.monotonic()
        completed(limited(server.base_url), asking(CAPITAL))
        assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("bound", [{"timeout_seconds": 5}, {"longest_wait_seconds": 5}], ids=["time", "wait"])
def test_a_retry_after_beyond_the_bound_fails_at_once(bound: dict[str, float]) -> None:
    """Nobody is kept waiting for an attempt that can't be made."""
    with running_endpoint([endpoint.too_many_requests("3600"), endpoint.well]) as server:
        started = time.monotonic()
        failed = failure(limited(server.base_url, **bound), asking(CAPITAL))
        assert time.monotonic() - started < 5
        assert len(server.asked) == 1
    assert failed.kind is FailureKind.RATE_LIMITED
    assert failed.retry_after == 3600


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_call_ends_in_time(stream: bool) -> None:
    """An endpoint that hangs is given up when the time is over, attempts or not."""
    with running_endpoint([endpoint.hang]) as server:
        started = time.monotonic()
        failed = failure(limited(server.base_url, timeout_seconds=0.5), asking(CAPITAL), stream=stream)
        assert 0.4 < time.monotonic() - started < 5
    assert failed.kind is FailureKind.TIMEOUT
    assert server.base_url in (failed.where or "")


def test_a_stream_that_stops_in_the_middle_ends_in_time() -> None:
    """The pieces that came are yielded; the time holds for the rest."""
    pieces: list[str | Completion] = []

    async def read() -> None:
        async for piece in Resilient(GatedProvider(), QUICK.model_copy(update={"timeout_seconds": 0.1})).stream(
            asking(CAPITAL)
        ):
            pieces.append(piece)

    with pytest.raises(CallFailed) as caught:
        asyncio.run(read())
    assert pieces == ["first"]
    assert caught.value.kind is FailureKind.TIMEOUT


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_has_a_longest_length(stream: bool) -> None:
    """The last bound, for an endpoint that minds no max_tokens."""
    model = ScriptedProvider(otherwise="word " * 30)
    provider = Resilient(model, QUICK.model_copy(update={"answer_characters": 100}))
    assert failure(provider, asking(CAPITAL, max_tokens=1000), stream=stream).kind is FailureKind.TOO_LONG
    assert model.calls == 1


def test_the_circuit_opens_and_closes_again() -> None:
    """After enough failures in a row the model is left alone; when its time is over, one answer closes the circuit."""
    model = failing(FailureKind.SERVER_ERROR, 3)
    changes = {"attempts": 1, "failures_to_open": 3, "open_seconds": 0.05}
    provider = Resilient(model, QUICK.model_copy(update=changes))

    async def ask() -> None:
        for _ in range(3):
            assert await _kind(provider) is FailureKind.SERVER_ERROR
        assert await _kind(provider) is FailureKind.CIRCUIT_OPEN
        assert model.calls == 3
        while await _kind(provider) is FailureKind.CIRCUIT_OPEN:
            await asyncio.sleep(0.01)
        assert model.calls == 4
        assert await _kind(provider) is None

    asyncio.run(ask())


@pytest.mark.parametrize("kind", [FailureKind.WRONG_KEY, FailureKind.RATE_LIMITED, FailureKind.REFUSED])
def test_an_endpoint_that_works_keeps_the_circuit_closed(kind: FailureKind) -> None:
    """A wrong key or a 429 is an answer; it does not stop others from asking."""
    model = failing(kind, 5)
    provider = Resilient(model, QUICK.model_copy(update={"attempts": 1, "failures_to_open": 2}))

    async def ask() -> list[FailureKind | None]:
        return [await _kind(provider) for _ in range(6)]

    assert asyncio.run(ask()) == [kind] * 5 + [None]


def test_callers_who_go_away_say_nothing_about_the_endpoint() -> None:
    """Cancelled calls neither open the circuit nor give back their turn late."""
    model = GatedProvider()
    provider = Resilient(model, QUICK.model_copy(update={"failures_to_open": 2, "concurrency": 1}))

    async def ask() -> Completion:
        for _ in range(3):
            model.entered.clear()
            task = asyncio.create_task(provider.complete(asking(CAPITAL)))
            await model.entered.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        model.gate.set()
        return await provider.complete(asking(CAPITAL))

    assert asyncio.run(ask()).text == "I don't know."


def test_only_so_many_calls_are_under_way_at_once() -> None:
    """The others wait for their turn."""
    model = GatedProvider()
    provider = Resilient(model, QUICK.model_copy(update={"concurrency": 2}))

    async def ask() -> None:
        tasks = [asyncio.create_task(provider.complete(asking(CAPITAL))) for _ in range(6)]
        await model.entered.wait()
        model.gate.set()
        await asyncio.gather(*tasks)

    asyncio.run(ask())
    assert model.calls == 6
    assert model.most_inside == 2


def test_limits_are_no_part_of_the_identity() -> None:
    """Another timeout is the same model: a kept answer stays good."""
    assert Resilient(ScriptedProvider(), Limits(timeout_seconds=1)).identity == ScriptedProvider().identity


async def _kind(provider: Resilient) -> FailureKind | None:
    try:
        await provider.complete(asking(CAPITAL))
    except CallFailed as failed:
        return failed.kind
    return None
