"""Who comes in: keys, scopes, limits and budgets, each refused with a problem that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fakes.gateway_services import ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production
from servers.gateway import RunningGateway, running_gateway

from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import IssuedKey, KeyTerms
from roadworthy.providers.prices import Price

NAME = "help-desk"
DEAR = Price(currency="USD", prompt=Decimal(1000), completion=Decimal(1000))
"""A thousandth of a dollar for each token."""


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    """A store with one release in production."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    return store


@pytest.fixture(scope="module")
def gateway(store: MemoryStore) -> Iterator[RunningGateway]:
    """A gateway that wants keys."""
    with running_gateway(small_services(store, SmallReleases(price=DEAR), anonymous=False)) as running:
        yield running


def issue(store: MemoryStore, gateway: RunningGateway, **terms: Any) -> IssuedKey:
    """Create a key, and have the gateway read it."""
    issued = KeyStore(store).create(KeyTerms.model_validate({"tenant": "acme", **terms}), by="tests")
    gateway.services.door.ring.refresh()
    return issued


def ask(gateway: RunningGateway, key: str, user: str = "") -> httpx.Response:
    """Ask a question with a key."""
    body = {"model": NAME, "messages": [{"role": "user", "content": "What is the monthly fee?"}], "user": user}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers)


def test_without_a_key_nothing_is_said(gateway: RunningGateway) -> None:
    """No key, a made-up key and half a key are 401, whatever the path below /v1."""
    for key in ("", "sk-123", "rw_" + "0" * 16 + "_" + "x" * 43):
        refused = ask(gateway, key)
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert httpx.get(f"{gateway.url}/v1/models").status_code == 401


def test_a_key_opens_what_it_is_meant_for(store: MemoryStore, gateway: RunningGateway) -> None:
    """Its scope names the capability; another one's key is 403."""
    assert ask(gateway, issue(store, gateway, scopes=(f"capability:{NAME}",)).text).status_code == 200
    refused = ask(gateway, issue(store, gateway, scopes=("capability:flight-delay",)).text)
    assert refused.status_code == 403
    assert "capability:flight-delay" in refused.json()["detail"]


def test_a_key_sees_what_it_is_meant_for(store: MemoryStore, gateway: RunningGateway) -> None:
    """What others can ask for is neither listed nor described to it."""
    own = issue(store, gateway, scopes=(f"capability:{NAME}",)).text
    other = issue(store, gateway, scopes=("capability:flight-delay", "feedback")).text

    def get(path: str, key: str) -> httpx.Response:
        return httpx.get(f"{gateway.url}{path}", headers={"Authorization": f"Bearer {key}"})

    assert [model["id"] for model in get("/v1/models", own).json()["data"]] == [NAME]
    assert get("/v1/models", other).json()["data"] == []
    for path in (f"/v1/models/{NAME}", f"/v1/capabilities/{NAME}"):
        assert (get(path, own).status_code, get(path, other).status_code) == (200, 403)


def test_a_revoked_key_stops(store: MemoryStore, gateway: RunningGateway) -> None:
    """At the next look of the ring, without a restart."""
    issued = issue(store, gateway)
    assert ask(gateway, issued.text).status_code == 200
    KeyStore(store).revoke(issued.key.id, "leaked", by="tests")
    gateway.services.door.ring.refresh()
    assert ask(gateway, issued.text).json()["type"].endswith("key-revoked")


def test_limits_of_key_and_user(store: MemoryStore, gateway: RunningGateway) -> None:
    """Beyond the limit it is 429 with Retry-After; one user's limit leaves the others alone."""
    text = issue(store, gateway, rate="3/hour").text
    assert [ask(gateway, text).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert int(ask(gateway, text).headers["retry-after"]) > 60
    text = issue(store, gateway, rate="100/hour", user_rate="1/hour").text
    assert [ask(gateway, text, user).status_code for user in ("a", "a", "b")] == [200, 429, 200]


def test_a_budget_is_never_overspent(store: MemoryStore, gateway: RunningGateway) -> None:
    """The worst case has to fit in before a model is asked; what was really spent is in the event."""
    recorder = gateway.services.recorder
    assert isinstance(recorder, ListRecorder)
    assert ask(gateway, issue(store, gateway, budget="100USD/day").text).status_code == 200
    assert 0 < recorder.since(0, 1)[-1].cost < 1
    refused = ask(gateway, issue(store, gateway, budget="0.001USD/day").text)
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:roadworthy:problem:budget-exceeded")
    assert recorder.since(0, 2)[-1].cost == 0
    other = ask(gateway, issue(store, gateway, budget="5EUR/day").text)
    assert (other.status_code, other.json()["type"]) == (503, "urn:roadworthy:problem:no-price")


def test_ids_belong_to_their_tenant(store: MemoryStore, gateway: RunningGateway) -> None:
    """A request's id tells the gateway, and nobody else, whose it was."""
    said = ask(gateway, issue(store, gateway).text)
    ids = gateway.services.door.ids
    assert ids.made_for(said.headers["x-request-id"], "acme")
    assert not ids.made_for(said.headers["x-request-id"], "another")
