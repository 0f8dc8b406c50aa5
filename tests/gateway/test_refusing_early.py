"""What is refused anyway is refused before it costs anything: a request at a full queue, a head of many lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes.gateway_services import ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production
from servers.gateway import RunningGateway, running_gateway
from servers.raw_http import answer_from, connected, exchanged, get, post

from gateway.connection_limits import ConnectionLimits
from roadworthy.access.admission.tickets import Party, Places
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import LOCAL_TENANT, KeyTerms

NAME = "help-desk"
CHAT, PREDICT = "/v1/chat/completions", f"/v1/capabilities/{NAME}/predict"
GOOD = json.dumps({"model": NAME, "messages": [{"role": "user", "content": "What is the monthly fee?"}]}).encode()
MOST = ConnectionLimits().head_lines


@pytest.fixture
def gateway() -> Iterator[RunningGateway]:
    """A gateway that wants no key."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    with running_gateway(small_services(store, SmallReleases())) as running:
        yield running


def fill(gateway: RunningGateway, tenant: str) -> None:
    """Take all places that one tenant may have, at work and in the queue."""
    queue = gateway.services.door.admission.queue
    places = Places()
    party = Party(tenant, "other", places.at_work)
    for _ in range(places.at_work - places.kept + places.waiting_per_tenant):
        queue.enter(party, lambda: None)


@pytest.mark.parametrize("path", [CHAT, PREDICT])
def test_a_full_queue_refuses_before_the_body_comes(gateway: RunningGateway, path: str) -> None:
    """The answer is there when only the head was sent; and there is one event of it."""
    fill(gateway, LOCAL_TENANT)
    with connected(gateway.url) as client:
        client.sendall(post(path, b"", "Content-Length: 1000"))
        said = answer_from(client)
    assert (said.status, said.problem["error"]["code"]) == (429, "overloaded")
    assert int(said.header("retry-after") or 0) >= 1
    recorder = gateway.services.recorder
    assert isinstance(recorder, ListRecorder)
    assert [(event.status, event.problem) for event in recorder.since(0, 1)] == [(429, "overloaded")]


def test_another_tenant_is_served_at_once(gateway: RunningGateway) -> None:
    """A tenant that takes all it can get leaves a place to one that has nothing at work."""
    fill(gateway, "noisy")
    with connected(gateway.url) as client:
        client.sendall(post(CHAT, GOOD))
        assert answer_from(client).status == 200


def with_key(gateway: RunningGateway, **terms: Any) -> Callable[..., int]:
    """Issue a key, and return what asks with it and returns the status."""
    key = KeyStore(gateway.services.cases.store).create(
        KeyTerms.model_validate({"tenant": "acme", **terms}), by="tests"
    )
    gateway.services.door.ring.refresh()

    def ask(path: str, body: bytes) -> int:
        return exchanged(gateway.url, post(path, body, f"Authorization: Bearer {key.text}")).status

    return ask


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b'{"model": "other", "messages": [{"role": "user", "content": "?"}]}', 403), (b"[]", 400)],
)
def test_what_is_refused_for_its_body_counts(gateway: RunningGateway, body: bytes, status: int) -> None:
    """A client can't send what nobody can answer as often as it likes."""
    ask = with_key(gateway, rate="2/hour", scopes=(f"capability:{NAME}",))
    assert [ask(CHAT, body) for _ in range(3)] == [status, status, 429]
    assert ask(CHAT, GOOD) == 429


@pytest.mark.parametrize("path", [CHAT, PREDICT])
def test_what_a_full_queue_refuses_counts(gateway: RunningGateway, path: str) -> None:
    """A crowd at a full queue uses up its own limit, and then is told of that."""
    ask = with_key(gateway, rate="2/hour")
    fill(gateway, "acme")
    for _ in range(3):
        assert ask(path, GOOD) == 429
    recorder = gateway.services.recorder
    assert isinstance(recorder, ListRecorder)
    assert [event.problem for event in recorder.since(0, 3)] == ["overloaded", "overloaded", "rate-limited"]


def test_one_users_limit_takes_nothing_from_the_keys(gateway: RunningGateway) -> None:
    """What is refused for the user's sake alone is the one refusal that does not count against the key."""
    ask = with_key(gateway, rate="2/hour", user_rate="1/hour")
    asked = [json.dumps(json.loads(GOOD) | {"user": user}).encode() for user in "aaab"]
    assert [ask(CHAT, body) for body in asked] == [200, 429, 429, 200]


@pytest.mark.parametrize(("lines", "status"), [(MOST, 200), (MOST + 1, 431)])
def test_a_head_has_so_many_lines(gateway: RunningGateway, lines: int, status: int) -> None:
    """At the first line too many it is refused, whatever they hold."""
    host = 1
    said = exchanged(gateway.url, get("/healthz", *("X:" for _ in range(lines - host))))
    assert said.status == status
