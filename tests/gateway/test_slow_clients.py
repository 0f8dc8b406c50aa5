"""Clients that are slow, deaf or in a hurry: each connection ends in bounded time, and others don't notice."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable, Iterator

import httpx
import pytest
from fakes.gateway_services import ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production
from servers.gateway import RunningGateway, running_gateway
from servers.raw_http import answer_from, answers_in, connected, exchanged, get, post, rest_of
from servers.waiting import eventually

from gateway.body import BodyLimits
from gateway.connection_limits import ConnectionLimits
from gateway.protocol import BoundedProtocol
from roadworthy.telemetry.event import Event

NAME = "help-desk"
CHAT = "/v1/chat/completions"
GOOD = json.dumps({"model": NAME, "messages": [{"role": "user", "content": "What is the monthly fee?"}]}).encode()


class Hasty(BoundedProtocol):
    """Waits for nothing longer than a few tenths of a second."""

    limits = ConnectionLimits(head_seconds=0.3, unread_seconds=0.3, rest_seconds=0.3, rest_bytes=2**20)


@pytest.fixture(scope="module")
def gateway() -> Iterator[RunningGateway]:
    """A gateway that has little patience."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    services = small_services(store, SmallReleases(), body=BodyLimits(seconds=0.3))
    with running_gateway(services, http=Hasty, timeout_keep_alive=1) as running:
        yield running


@pytest.fixture
def events(gateway: RunningGateway) -> Callable[[int], list[Event]]:
    """The events that came since the test began, once there are so many."""
    recorder = gateway.services.recorder
    assert isinstance(recorder, ListRecorder)
    eventually(lambda: not gateway.services.in_flight)
    before = len(recorder.events)
    return lambda count: recorder.since(before, count)


def test_who_says_nothing_is_not_waited_for(gateway: RunningGateway) -> None:
    """A connection on which nothing comes, or empty lines, ends without a word."""
    for silence in (b"", b"\r\n"):
        with connected(gateway.url) as client:
            client.sendall(silence)
            assert rest_of(client) == b""


@pytest.mark.parametrize("sent", [b"G", b"GET /healthz", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_a_head_that_does_not_end_is_not_waited_for(gateway: RunningGateway, sent: bytes) -> None:
    """Half a request line and half a header are told so, and the connection ends."""
    with connected(gateway.url) as client:
        client.sendall(sent)
        said = answer_from(client)
        assert (said.status, said.problem["error"]["code"]) == (408, "headers-too-slow")
        assert rest_of(client) == b""


def test_a_head_that_drips_is_not_waited_for(gateway: RunningGateway) -> None:
    """A byte now and then does not buy time: the limit is for all of the head."""
    with connected(gateway.url) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nX-A: ")
        client.settimeout(0.05)
        for _ in range(60):
            try:
                client.sendall(b"a")
                if client.recv(4096).startswith(b"HTTP/1.1 408"):
                    return
            except TimeoutError:
                continue
    pytest.fail("it was waited for")


def test_a_second_request_that_drips_is_not_waited_for(gateway: RunningGateway) -> None:
    """The same for the next request on a connection that was used well."""
    with connected(gateway.url) as client:
        client.sendall(get("/healthz"))
        assert answer_from(client).status == 200
        client.sendall(b"GET /hea")
        assert answer_from(client).status == 408


def test_a_body_that_does_not_come_is_not_waited_for(
    gateway: RunningGateway, events: Callable[[int], list[Event]]
) -> None:
    """It is 408, and the event says why."""
    said = exchanged(gateway.url, post(CHAT, b'{"model"', "Content-Length: 100"))
    assert (said.status, said.problem["error"]["code"]) == (408, "body-too-slow")
    assert said.header("connection") == "close"
    assert [(event.status, event.problem) for event in events(1)] == [(408, "body-too-slow")]


def test_the_rest_of_a_refused_request_is_not_waited_for(gateway: RunningGateway) -> None:
    """What was refused before it had come is read on for a moment, and not for ever."""
    with connected(gateway.url) as client:
        client.sendall(post("/v1/nothing", b"x", "Content-Length: 1000"))
        assert answer_from(client).status == 404
        assert rest_of(client) == b""


def test_a_refused_request_without_an_end_is_cut_off(gateway: RunningGateway) -> None:
    """More than the bound is not read, however fast it comes."""
    with connected(gateway.url) as client:
        client.sendall(post("/v1/nothing", b"", "Content-Length: 1000000000"))
        with pytest.raises(OSError):
            for _ in range(1000):
                client.sendall(bytes(2**20))


def test_who_does_not_read_is_cut_off(gateway: RunningGateway) -> None:
    """An answer that nobody takes is thrown away: the connection is reset."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(10)
        client.connect(("127.0.0.1", httpx.URL(gateway.url).port))
        for _ in range(8):
            client.sendall(get("/docs/swagger-ui-bundle.js"))
        # Nothing is read: the system tells of a reset alone.
        waiting = select.poll()
        waiting.register(client, 0)
        assert waiting.poll(10_000)


def test_pipelined_requests_are_answered_in_order(
    gateway: RunningGateway, events: Callable[[int], list[Event]]
) -> None:
    """Each its own answer, one after the other, and one event each."""
    wrong = post(CHAT, b"{}")
    with connected(gateway.url) as client:
        client.sendall(post(CHAT, GOOD) + wrong + get("/v1/models") + get("/healthz", "Connection: close"))
        assert answers_in(rest_of(client)) == [200, 400, 200, 200]
    assert [event.status for event in events(3)] == [200, 400, 200]


def test_what_follows_a_request_does_not_harm_it(gateway: RunningGateway) -> None:
    """A request with nonsense behind it is answered; then the connection ends."""
    with connected(gateway.url) as client:
        client.sendall(post(CHAT, GOOD) + b"nonsense\r\n\r\n" + post(CHAT, GOOD))
        assert answers_in(rest_of(client)) == [200]


def test_endless_pipelining_is_cut_off(gateway: RunningGateway) -> None:
    """Only so many requests wait on one connection."""
    with connected(gateway.url) as client:
        client.sendall(get("/v1/models") * 1000)
        answers = answers_in(rest_of(client))
    assert set(answers) == {200}
    assert len(answers) <= ConnectionLimits().pipelined + 1


def test_old_clients_and_heads(gateway: RunningGateway) -> None:
    """HTTP/1.0 is answered and closed; HEAD is GET without the body, of the API, too."""
    with connected(gateway.url) as client:
        client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert rest_of(client).endswith(b'{"status":"ok"}')
    for path in ("/healthz", "/v1/models", "/"):
        head, whole = (exchanged(gateway.url, get(path, method=one), method=one) for one in ("HEAD", "GET"))
        assert (head.status, head.body) == (200, b"")
        assert head.header("content-length") == str(len(whole.body))


def test_an_upgrade_is_not_taken(gateway: RunningGateway) -> None:
    """A wish for another protocol is answered as if it were none."""
    for wish in ("websocket", "h2c"):
        said = exchanged(gateway.url, get("/healthz", "Connection: Upgrade", f"Upgrade: {wish}"))
        assert said.status == 200


def test_who_expects_to_be_asked_is_asked(gateway: RunningGateway) -> None:
    """`Expect: 100-continue`: what would be refused anyway is refused before the body is sent."""
    with connected(gateway.url) as client:
        client.sendall(post(CHAT, b"", "Expect: 100-continue", "Content-Length: 999999999"))
        assert answer_from(client).status == 413
