"""Requests that end before their answer: clients that leave, deadlines, and a gateway that is told to stop."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from fakes.gateway_services import ListRecorder, small_services
from fakes.hanging_provider import HangingProvider
from fakes.memory_store import MemoryStore
from fakes.scripted_provider import ScriptedProvider
from fakes.served_releases import SmallReleases, put_in_production
from servers.gateway import RunningGateway, running_gateway
from servers.raw_http import connected, post
from servers.waiting import eventually

from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import IssuedKey, KeyTerms
from roadworthy.budgets.account import Account
from roadworthy.providers.interface import Completion, Request
from roadworthy.providers.prices import Price
from roadworthy.telemetry.event import Event

NAME = "help-desk"
CHAT = "/v1/chat/completions"
PRICE = Price(currency="USD", prompt=Decimal("0.01"), completion=Decimal("0.01"))
QUESTION = {"model": NAME, "messages": [{"role": "user", "content": "What is the monthly fee?"}]}


@pytest.fixture
def store() -> MemoryStore:
    """A store with one release in production."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    return store


@pytest.fixture
def key(store: MemoryStore) -> IssuedKey:
    """A key with a budget, and with one place only."""
    return KeyStore(store).create(
        KeyTerms.model_validate({"tenant": "a", "budget": "5USD/day", "concurrency": 1}), by="t"
    )


@pytest.fixture
def provider() -> HangingProvider:
    """A model that hangs."""
    return HangingProvider()


@pytest.fixture
def gateway(store: MemoryStore, key: IssuedKey, provider: HangingProvider) -> Iterator[RunningGateway]:
    """A gateway whose model hangs."""
    services = small_services(store, SmallReleases(provider=lambda _: provider, price=PRICE, guards=()))
    with running_gateway(services) as running:
        yield running


def events(gateway: RunningGateway) -> list[Event]:
    """What was recorded."""
    assert isinstance(gateway.services.recorder, ListRecorder)
    return gateway.services.recorder.events


def reserved(gateway: RunningGateway, key: IssuedKey) -> Decimal:
    """What is spent or reserved of the key's budget."""
    assert key.key.budget is not None
    account = Account("key", key.key.id)
    return asyncio.run(gateway.services.budgets.spent(account, key.key.budget, datetime.now(UTC))).amount


def read_until(client: socket.socket, words: bytes) -> None:
    """Read until they come."""
    said = b""
    while words not in said:
        piece = client.recv(65536)
        assert piece, said
        said += piece


@pytest.mark.parametrize("streams", [False, True])
def test_a_client_that_leaves_ends_everything(
    gateway: RunningGateway, key: IssuedKey, provider: HangingProvider, streams: bool
) -> None:
    """The model is told to stop at once, place and reservation are given back, and the event says what happened."""
    body = json.dumps(QUESTION | {"stream": streams}).encode()
    queue = gateway.services.door.admission.queue
    with connected(gateway.url) as client:
        client.sendall(post(CHAT, body, f"Authorization: Bearer {key.text}"))
        assert provider.asked.wait(5)
        if streams:
            read_until(client, b"no monthly fee")
        assert queue.working == 1 and reserved(gateway, key) > 0
        left = time.monotonic()
    assert provider.stopped.wait(5)
    # Promised is a tenth of a second; a busy machine may need longer to run at all.
    assert provider.stopped_at - left < 1
    eventually(lambda: len(events(gateway)) == 1)
    (event,) = events(gateway)
    assert (event.ending, event.status, event.streamed) == ("cancelled", 200 if streams else 499, streams)
    assert (queue.working, queue.waiting, reserved(gateway, key)) == (0, 0, event.cost)
    assert not gateway.services.in_flight


def test_a_client_that_leaves_the_queue_leaves_nothing_behind(
    gateway: RunningGateway, key: IssuedKey, provider: HangingProvider
) -> None:
    """Who waits for a place and goes was never there; who works is not disturbed."""
    sent = post(CHAT, json.dumps(QUESTION).encode(), f"Authorization: Bearer {key.text}")
    queue = gateway.services.door.admission.queue
    with connected(gateway.url) as working:
        working.sendall(sent)
        assert provider.asked.wait(5)
        with connected(gateway.url) as waiting:
            waiting.sendall(sent)
            eventually(lambda: queue.waiting == 1)
        eventually(lambda: queue.waiting == 0)
        assert queue.working == 1 and not provider.stopped.is_set()
    eventually(lambda: len(events(gateway)) == 2)
    assert {(event.ending, event.status) for event in events(gateway)} == {("cancelled", 499)}


def test_a_client_that_leaves_while_it_sends_is_cancelled(gateway: RunningGateway, key: IssuedKey) -> None:
    """Half a body, and then nothing: nobody is there to answer."""
    with connected(gateway.url) as client:
        client.sendall(post(CHAT, b"{", f"Authorization: Bearer {key.text}", "Content-Length: 100"))
        eventually(lambda: len(gateway.services.in_flight) == 1)
    eventually(lambda: len(events(gateway)) == 1)
    assert [(event.ending, event.status, event.problem) for event in events(gateway)] == [
        ("cancelled", 499, "client-gone")
    ]


@pytest.mark.parametrize("streams", [False, True])
def test_a_model_that_hangs_is_given_up_in_time(store: MemoryStore, provider: HangingProvider, streams: bool) -> None:
    """When the deadline has passed, the safe template is given, and the event names the part that took the time."""
    services = small_services(store, SmallReleases(provider=lambda _: provider), deadline_seconds=0.5)
    with running_gateway(services) as gateway:
        started = time.monotonic()
        said = httpx.post(gateway.url + CHAT, json=QUESTION | {"stream": streams}, timeout=30)
        assert time.monotonic() - started < 2
        assert said.status_code == 200
        assert "Please call us." in said.text
        assert provider.stopped.is_set()
        eventually(lambda: len(events(gateway)) == 1)
        (event,) = events(gateway)
    assert (event.ending, event.fallback) == ("failed", "safe_template")
    assert any(part.failure and part.name for part in event.parts)
    slowest = max(event.parts, key=lambda part: part.seconds)
    assert slowest.failure


@dataclass
class HeldProvider(ScriptedProvider):
    """Answers when it is let go."""

    asked: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    async def complete(self, request: Request) -> Completion:
        """Wait in a thread, and answer."""
        self.asked.set()
        await asyncio.to_thread(self.go_on.wait, 10)
        return await super().complete(request)


def test_who_is_being_answered_when_it_stops_is_answered(store: MemoryStore) -> None:
    """Told to stop, it takes no new connection, ends what runs, and only then closes what keeps the events."""
    provider = HeldProvider(otherwise="No monthly fee [1].")
    recorder = ClosingRecorder()
    services = small_services(store, SmallReleases(provider=lambda _: provider), recorder=recorder)
    with ThreadPoolExecutor(1) as clients, running_gateway(services) as gateway:
        asking = clients.submit(httpx.post, gateway.url + CHAT, json=QUESTION, timeout=30)
        assert provider.asked.wait(5)
        gateway.stop()
        eventually(lambda: not accepts(gateway.url))
        provider.go_on.set()
        assert asking.result().status_code == 200
    assert recorder.kept_when_closed == [200]


@dataclass
class ClosingRecorder(ListRecorder):
    """Notes what it holds when it is closed."""

    kept_when_closed: list[int] = field(default_factory=list)

    def close(self) -> None:
        """Note it."""
        self.kept_when_closed = [event.status for event in self.events]


def accepts(url: str) -> bool:
    """Tell whether somebody still listens."""
    try:
        with connected(url):
            return True
    except OSError:
        return False
