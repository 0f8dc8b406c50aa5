"""Traffic while things change: every answer is one release's, and none fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fakes.gateway_services import ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production, record, release, roll_back
from servers.gateway import RunningGateway, running_gateway
from servers.waiting import eventually

from roadworthy.release.entries import CanaryShared, Stage, SwitchedOff, SwitchedOn

NAME = "help-desk"


@pytest.fixture
def store() -> MemoryStore:
    """A store with release 1 in production."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    return store


@pytest.fixture
def gateway(store: MemoryStore) -> Iterator[RunningGateway]:
    """A gateway on that store."""
    with running_gateway(small_services(store, SmallReleases())) as running:
        yield running


def ask(client: httpx.Client, user: str = "") -> httpx.Response:
    """Ask a question."""
    body = {"model": NAME, "messages": [{"role": "user", "content": "What is the monthly fee?"}], "user": user}
    return client.post("/v1/chat/completions", json=body)


def release_of(said: httpx.Response) -> int:
    """The release that answered; text, body and headers have to agree."""
    body = said.json()
    number = int(said.headers["x-roadworthy-release"].partition("@")[2])
    assert body["roadworthy"]["release"] == f"{NAME}@{number}"
    assert body["choices"][0]["message"]["content"].startswith(f"Release {number} says")
    assert body["roadworthy"]["digest"] == said.headers["x-roadworthy-digest"]
    return number


def test_promotions_and_rollbacks_under_load(store: MemoryStore, gateway: RunningGateway) -> None:
    """While four clients ask, releases come and go: no request fails, and no answer mixes two releases."""
    stop, seen = threading.Event(), set()

    def keep_asking() -> None:
        with httpx.Client(base_url=gateway.url) as client:
            while not stop.is_set():
                said = ask(client)
                assert said.status_code == 200
                seen.add(release_of(said))

    with ThreadPoolExecutor(4) as clients:
        running = [clients.submit(keep_asking) for _ in range(4)]
        try:
            for number in (2, 3):
                put_in_production(store, NAME, number)
                eventually(lambda number=number: number in seen)  # type: ignore[misc]
            roll_back(store, NAME, 3)
            seen.clear()
            eventually(lambda: 2 in seen)
        finally:
            stop.set()
        for one in running:
            one.result()  # Raises what the client met.


def test_a_canary_answers_the_same_people(store: MemoryStore, gateway: RunningGateway) -> None:
    """Its share of users meets it, each of them every time, and the event says so."""
    release(store, NAME, 2, Stage.STAGING, Stage.CANARY)
    record(store, NAME, CanaryShared(release=2, share=0.5, reason="test"))
    with httpx.Client(base_url=gateway.url) as client:
        eventually(lambda: any(release_of(ask(client, f"user {number}")) == 2 for number in range(8)))
        first = [release_of(ask(client, f"user {number}")) for number in range(30)]
        again = [release_of(ask(client, f"user {number}")) for number in range(30)]
    assert first == again
    assert 5 < first.count(2) < 25
    recorder = gateway.services.recorder
    assert isinstance(recorder, ListRecorder)
    # An event is written when its answer has been sent.
    eventually(lambda: {event.arm for event in recorder.events[-30:]} == {"production", "canary"})


def test_the_kill_switch(store: MemoryStore, gateway: RunningGateway) -> None:
    """A model or a capability that is off is answered with the safe template, and back on with the release."""
    with httpx.Client(base_url=gateway.url) as client:
        for target in ("model", "capability"):
            record(store, NAME, SwitchedOff(target=target, reason="test"))
            eventually(lambda: ask(client).json()["roadworthy"]["outcome"] == "failed")
            said = ask(client).json()
            assert said["choices"][0]["message"]["content"] == "Please call us."
            assert said["roadworthy"]["fallback"] == "safe_template"
            record(store, NAME, SwitchedOn(target=target, reason="test"))
            eventually(lambda: ask(client).json()["roadworthy"]["outcome"] == "answered")


def test_a_switch_survives_a_restart(store: MemoryStore) -> None:
    """It is in the ledger: a gateway that starts later keeps to it from its first answer."""
    record(store, NAME, SwitchedOff(target="model", reason="test"))
    with (
        running_gateway(small_services(store, SmallReleases())) as running,
        httpx.Client(base_url=running.url) as client,
    ):
        assert ask(client).json()["roadworthy"]["outcome"] == "failed"


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": ""}])
def test_pages_of_other_sites_do_not_ask_without_a_key(gateway: RunningGateway, headers: dict[str, str]) -> None:
    """A browser on this machine sends whatever a page tells it: without keys only our own page is answered."""
    assert httpx.get(f"{gateway.url}/v1/models", headers=headers).status_code in (400, 401)
    assert httpx.get(f"{gateway.url}/v1/models", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_it_says_whether_it_is_ready(gateway: RunningGateway) -> None:
    """Alive and ready are different questions; the second names what serves."""
    assert httpx.get(f"{gateway.url}/healthz").status_code == 200
    ready = httpx.get(f"{gateway.url}/readyz")
    assert (ready.status_code, ready.json()["serving"]) == (200, {NAME: {"production": f"{NAME}@1"}})


def test_it_is_not_ready_without_its_release(store: MemoryStore) -> None:
    """A production release that can't be loaded: 503 with the reason, and requests are told to come back."""
    with running_gateway(small_services(store, SmallReleases(broken={1}))) as running:
        ready = httpx.get(f"{running.url}/readyz")
        assert ready.status_code == 503
        assert "digest" in ready.json()["could_not_load"][0]
        with httpx.Client(base_url=running.url) as client:
            refused = ask(client)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
