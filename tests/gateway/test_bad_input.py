"""Bad input over the wire: each kind gets a problem document that names what is wrong, and leaves one event."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest
from fakes.gateway_services import ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production
from servers.gateway import RunningGateway, running_gateway
from servers.raw_http import RawAnswer, exchanged, get, post
from servers.waiting import eventually

from gateway.body import BodyLimits
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import KeyTerms
from roadworthy.telemetry.event import Event

NAME = "help-desk"
CHAT = "/v1/chat/completions"
QUESTION = {"model": NAME, "messages": [{"role": "user", "content": "What is the monthly fee?"}]}
GOOD = json.dumps(QUESTION).encode()
TEN_MEGABYTES = b'"' + b"x" * 10_000_000 + b'"'


@pytest.fixture(scope="module")
def gateway() -> Iterator[RunningGateway]:
    """A gateway that wants no key."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    services = small_services(store, SmallReleases(), body=BodyLimits(seconds=0.3))
    with running_gateway(services) as running:
        yield running


@pytest.fixture
def events(gateway: RunningGateway) -> Callable[[int], list[Event]]:
    """The events that came since the test began, once there are so many."""
    recorder = gateway.services.recorder
    assert isinstance(recorder, ListRecorder)
    eventually(lambda: not gateway.services.in_flight)
    before = len(recorder.events)
    return lambda count: recorder.since(before, count)


def chunked(body: bytes) -> bytes:
    """The body in pieces of 64 kB."""
    pieces = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def asked(**changes: object) -> bytes:
    """A question with some fields replaced."""
    return json.dumps(QUESTION | changes).encode()


BODIES: dict[str, tuple[bytes, int, str | None]] = {
    "nothing": (b"", 400, None),
    "half of it": (GOOD[:-5], 400, None),
    "two documents": (GOOD + GOOD, 400, None),
    "not UTF-8": (b'{"model": "\xff"}', 400, None),
    "half a character": (b'{"model": "\\ud800"}', 400, None),
    "half a character as a name": (b'{"\\udfff": 1}', 400, None),
    "a name twice": (GOOD[:-1] + b', "model": "other"}', 400, "/model"),
    "NaN": (GOOD[:-1] + b', "n": NaN}', 400, None),
    "a number without end": (GOOD[:-1] + b', "n": ' + b"9" * 100_000 + b"}", 400, None),
    "a number beyond doubles": (GOOD[:-1] + b', "n": 1e999}', 400, None),
    "a large integer": (GOOD[:-1] + b', "n": 12345678901234567890123456789}', 400, "/n"),
    "depth": (GOOD[:-1] + b', "metadata": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", 400, None),
    "values without end": (b"[" + b"0," * 200_000 + b"0]", 413, None),
    "names without end": (b"{" + b",".join(b'"a%d":1' % number for number in range(50_000)) + b"}", 413, None),
    "a list": (b"[]", 400, ""),
    "a text": (b'"hello"', 400, ""),
    "null": (b"null", 400, ""),
    "no model": (json.dumps({"messages": QUESTION["messages"]}).encode(), 400, "/model"),
    "a model of another type": (asked(model=7), 400, "/model"),
    "an unknown capability": (asked(model="nobody"), 404, None),
    "a capability like a path": (asked(model="../../etc/passwd"), 400, "/model"),
    "an unknown field": (asked(colour="red"), 400, "/colour"),
    "an unknown field with a slash": (asked(**{"a/b~c": 1}), 400, "/a~1b~0c"),
    "a truth value as text": (asked(stream="yes"), 400, "/stream"),
    "content of another type": (asked(messages=[{"role": "user", "content": 5}]), 400, "/messages/0/content"),
    "a part of another type": (
        asked(messages=[{"role": "user", "content": [{"type": "image", "text": "x"}]}]),
        400,
        "/messages/0/content/0/type",
    ),
    "a user with a line break": (asked(user="eve\r\nX-Admin: 1"), 400, "/user"),
    "a user with a NUL": (asked(user="eve\0"), 400, "/user"),
    "what belongs to the release": (asked(temperature=2), 400, "/temperature"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_bad_body_is_named(gateway: RunningGateway, events: Callable[[int], list[Event]], kind: str) -> None:
    """A problem document with a pointer to the place, where there is one, and one event with the same words."""
    body, status, pointer = BODIES[kind]
    said = exchanged(gateway.url, post(CHAT, body))
    assert said.status == status
    places = [error["pointer"] for error in said.problem.get("errors", ())]
    assert pointer is None or pointer in places
    (event,) = events(1)
    assert (event.status, event.ending) == (status, "rejected")
    assert said.problem["type"].endswith(f":{event.problem}")
    check_headers(said)


@pytest.mark.parametrize("path", [CHAT, f"/v1/capabilities/{NAME}/predict", "/v1/feedback", "/v1/escalations"])
@pytest.mark.parametrize("way", ["announced", "in pieces"])
def test_ten_megabytes_are_refused_and_the_refusal_arrives(gateway: RunningGateway, path: str, way: str) -> None:
    """Also with a client that sends everything before it reads; and the connection can be used again."""
    sent = (
        post(path, TEN_MEGABYTES)
        if way == "announced"
        else post(path, chunked(TEN_MEGABYTES), "Transfer-Encoding: chunked")
    )
    said = exchanged(gateway.url, sent)
    assert (said.status, said.problem["error"]["code"]) == (413, "body-too-large")


WIRE: dict[str, tuple[bytes, int]] = {
    "no HTTP": (b"hello\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "length and pieces": (post(CHAT, chunked(GOOD), "Transfer-Encoding: chunked", "Content-Length: 5"), 400),
    "two lengths": (post(CHAT, GOOD, "Content-Length: 5", f"Content-Length: {len(GOOD)}"), 400),
    "a negative length": (post(CHAT, GOOD, "Content-Length: -1"), 400),
    "a length with a sign": (post(CHAT, GOOD, "Content-Length: +5"), 400),
    "a length that no number holds": (post(CHAT, GOOD, "Content-Length: " + "9" * 30), 400),
    "pieces of no length": (post(CHAT, b"zz\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    "another coding last": (post(CHAT, GOOD, "Transfer-Encoding: chunked, gzip"), 400),
    "NUL in a header": (get("/healthz", "X-A: a\0b"), 400),
    "CR in a header": (get("/healthz", "X-A: a\rb"), 400),
    "a space before the colon": (get("/healthz", "X-A : a"), 400),
    "a folded header": (get("/healthz", "X-A: a", " b"), 400),
    "no name": (get("/healthz", ": a"), 400),
    "a NUL in the path": (get("/v1/models/\0"), 400),
    "a line feed in the path": (get("/v1/models/\nX-A: b"), 400),
    "a long address": (get("/v1/models/" + "a" * 100_000), 414),
    "a very long address": (get("/v1/models/" + "a" * 5_000_000), 414),
    "a long header": (get("/healthz", "X-A: " + "a" * 100_000), 431),
    "a very long header": (get("/healthz", "X-A: " + "a" * 5_000_000), 431),
    "many headers": (get("/healthz", *(f"X-{number}: a" for number in range(20_000))), 431),
    "long trailers": (
        post(CHAT, b"2\r\n{}\r\n0\r\nX-A: " + b"a" * 5_000_000 + b"\r\n\r\n", "Transfer-Encoding: chunked"),
        431,
    ),
}


@pytest.mark.parametrize("kind", WIRE)
def test_what_is_no_sound_http_is_refused(gateway: RunningGateway, kind: str) -> None:
    """Nobody before or behind us can read such a request otherwise than we do: it is read by nobody."""
    sent, status = WIRE[kind]
    said = exchanged(gateway.url, sent)
    assert said.status == status
    assert said.problem["detail"]
    assert said.header("connection") == "close"
    check_headers(said)


PATHS: dict[str, tuple[str, str, int]] = {
    "a parent": ("GET", "/v1/capabilities/../../etc/passwd", 404),
    "a parent in disguise": ("GET", "/v1/capabilities/%2e%2e%2f%2e%2e", 404),
    "a parent of the page": ("GET", "/page/..%2fserving.py", 404),
    "a parent of the documentation": ("GET", "/docs/../page/serving.py", 404),
    "a module of the page": ("GET", "/page/serving.py", 404),
    "two slashes": ("GET", "//v1/models", 404),
    "a slash too many": ("GET", "/v1/models/", 404),
    "a NUL in disguise": ("GET", "/v1/models/%00", 404),
    "a line break in disguise": ("GET", "/v1/models/%0d%0aX-Admin:%201", 404),
    "no characters": ("GET", "/v1/models/%ff%fe", 404),
    "a predicting path": ("POST", "/v1/capabilities/a%2Fb/predict", 404),
    "capital letters": ("GET", "/V1/models", 404),
    "another host": ("GET", "http://evil.example/v1/nothing", 404),
    "nothing there": ("DELETE", "/v1/nothing", 404),
    "the wrong method": ("DELETE", CHAT, 405),
    "another wrong method": ("PUT", "/v1/feedback", 405),
    "options": ("OPTIONS", CHAT, 405),
    "an unusual method": ("PROPFIND", "/v1/models", 405),
    "trace": ("TRACE", "/v1/models", 405),
    "all of it": ("OPTIONS", "*", 404),
    "an unknown method": ("FETCH", "/v1/models", 400),
    "a tunnel": ("CONNECT", "evil.example:443", 400),
}


@pytest.mark.parametrize("kind", PATHS)
def test_paths_and_methods_that_are_not_there(gateway: RunningGateway, kind: str) -> None:
    """404 or 405 with what is allowed; no path leads anywhere else."""
    method, path, status = PATHS[kind]
    said = exchanged(gateway.url, get(path, "Content-Length: 0", method=method))
    assert said.status == status
    assert "passwd" not in said.problem["detail"]
    assert status != 405 or said.header("allow")
    check_headers(said)


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"])
def test_only_json_is_read(gateway: RunningGateway, media: str) -> None:
    """What a browser's form can send from any site is 415."""
    request = post(CHAT, GOOD).replace(b"application/json", media.encode())
    said = exchanged(gateway.url, request)
    assert (said.status, said.problem["errors"][0]["pointer"]) == (415, "<content-type>")


def test_keys_that_are_none() -> None:
    """Missing, malformed, made up, revoked, not for this: 401 or 403 with the header named, whatever the body is."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    keys = KeyStore(store)
    revoked = keys.create(KeyTerms(tenant="acme"), by="tests")
    keys.revoke(revoked.key.id, "lost", by="tests")
    other = keys.create(KeyTerms(tenant="acme", scopes=("capability:other",)), by="tests")
    shown = [None, "", "Basic YWRtaW4=", "Bearer", "Bearer x", f"Bearer {'y' * 5000}", f"Bearer {revoked.text}"]
    services = small_services(store, SmallReleases(), anonymous=False)
    with running_gateway(services) as running:
        for one in shown:
            headers = () if one is None else (f"Authorization: {one}",)
            said = exchanged(running.url, post(CHAT, b"{", *headers))
            assert (said.status, said.header("www-authenticate")) == (401, 'Bearer realm="roadworthy"')
            assert said.problem["errors"][0]["pointer"] == "<authorization>"
            check_headers(said)
        assert exchanged(running.url, post(CHAT, GOOD, f"Authorization: Bearer {other.text}")).status == 403
    recorder = services.recorder
    assert isinstance(recorder, ListRecorder)
    assert [event.status for event in recorder.since(0, len(shown) + 1)] == [401] * len(shown) + [403]
    assert not any("yyyy" in repr(event) or revoked.text in repr(event) for event in recorder.events)


def test_nothing_of_a_client_reaches_a_log_or_a_label(
    gateway: RunningGateway, events: Callable[[int], list[Event]], caplog: pytest.LogCaptureFixture
) -> None:
    """Names, users, ids, headers and paths that look like lines of a log or like markup stay outside of all of them."""
    evil = 'EVIL" 200\r\nroot: <script>'
    with caplog.at_level(logging.DEBUG):
        for request in (
            post(CHAT, asked(user=evil)),
            post(CHAT, asked(model=evil)),
            post(CHAT, asked(conversation="EVIL")),
            post(CHAT, asked(user="EVIL")),
            post(CHAT, asked(EVIL=1)),
            post("/v1/feedback", json.dumps({"request": evil}).encode()),
            post("/v1/escalations", json.dumps({"model": evil, "reason": evil}).encode()),
            get("/v1/models/EVIL%0d%0aroot:", "X-Request-Id: EVIL", "User-Agent: EVIL", "traceparent: EVIL"),
            get("/v1/EVIL%1b%5b31m"),
            b"EVIL\r\n\r\n",
        ):
            said = exchanged(gateway.url, request)
            assert not any("EVIL" in value for _, value in said.headers)
    figures = exchanged(gateway.url, get("/metrics")).body.decode()
    assert "EVIL" not in caplog.text + figures + repr(events(7))


def check_headers(said: RawAnswer) -> None:
    """What every answer has, and what none has."""
    assert said.header("x-content-type-options") == "nosniff"
    assert "default-src 'none'" in (said.header("content-security-policy") or "")
    assert said.header("server") is None and said.header("x-powered-by") is None
    assert not any(name.startswith("access-control-") for name, _ in said.headers)
    text = said.body.decode()
    assert not any(word in text for word in ("Traceback", "uvicorn", "starlette", "fastapi", 'File "'))
