"""What is refused anyway is refused before it costs anything: a request at a full queue, a head of many lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fakes.gateway_services import ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production
from servers.gateway import RunningGateway, running_gateway
from servers.raw_http import answer_from, connected, exchanged, get, post

from gateway.connection_limits import ConnectionLimits
from roadworthy.access.admission.tickets import Party, Places, Ticket
from roadworthy.access.keys import LOCAL_TENANT

NAME = "help-desk"
CHAT = "/v1/chat/completions"
GOOD = json.dumps({"model": NAME, "messages": [{"role": "user", "content": "What is the monthly fee?"}]}).encode()
MOST = ConnectionLimits().head_lines


@pytest.fixture
def gateway() -> Iterator[RunningGateway]:
    """A gateway that wants no key."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    with running_gateway(small_services(store, SmallReleases())) as running:
        yield running


def fill(gateway: RunningGateway, tenant: str) -> list[Ticket]:
    """Take all places, and all that a tenant may wait on."""
    queue = gateway.services.door.admission.queue
    places = Places()
    party = Party(tenant, "other", places.at_work)
    return [queue.enter(party, lambda: None) for _ in range(places.at_work + places.waiting_per_tenant)]


@pytest.mark.parametrize("path", [CHAT, f"/v1/capabilities/{NAME}/predict"])
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
    assert [(event.status, event.problem) for event in recorder.events] == [(429, "overloaded")]


def test_another_tenant_is_not_refused(gateway: RunningGateway) -> None:
    """A tenant that fills its share of the queue costs others a wait, not a refusal."""
    tickets = fill(gateway, "noisy")
    with connected(gateway.url) as client:
        client.sendall(post(CHAT, GOOD))
        for ticket in tickets:
            gateway.services.loop.call_soon_threadsafe(gateway.services.door.admission.queue.leave, ticket)
        assert answer_from(client).status == 200


@pytest.mark.parametrize(("lines", "status"), [(MOST, 200), (MOST + 1, 431)])
def test_a_head_has_so_many_lines(gateway: RunningGateway, lines: int, status: int) -> None:
    """At the first line too many it is refused, whatever they hold."""
    host = 1
    said = exchanged(gateway.url, get("/healthz", *("X:" for _ in range(lines - host))))
    assert said.status == status
