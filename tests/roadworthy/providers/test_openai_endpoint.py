"""openai_endpoint: whatever an endpoint does, the answer or one clear failure of the right kind, never the key."""

from __future__ import annotations

import asyncio
import pickle
import threading
from contextlib import aclosing
from pathlib import Path

import pytest
from provider_samples import CAPITAL, PERSON, asking, completed, failure, heard, streamed, used
from servers import misbehaving_endpoint as endpoint
from servers.misbehaving_endpoint import Behaviour, running_endpoint

from roadworthy.errors import ProviderFailed
from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Usage
from roadworthy.providers.openai_endpoint import OpenAIProvider

KEY = "sk-very-secret"

TROUBLES: list[tuple[Behaviour, FailureKind, str]] = [
    (endpoint.hang, FailureKind.TIMEOUT, "in time"),
    (endpoint.hang_up, FailureKind.CONNECTION, "broke off"),
    (endpoint.web_page, FailureKind.GARBAGE, "OpenAI-compatible"),
    (endpoint.not_json, FailureKind.GARBAGE, "OpenAI-compatible"),
    (endpoint.endless, FailureKind.TOO_LONG, "does not end"),
    (endpoint.too_many_requests("7"), FailureKind.RATE_LIMITED, "429"),
    (endpoint.no_credit, FailureKind.NO_CREDIT, "credit"),
    (endpoint.broken, FailureKind.SERVER_ERROR, "500"),
    (endpoint.wrong_key, FailureKind.WRONG_KEY, "key"),
    (endpoint.refused, FailureKind.REFUSED, "not supported"),
    (endpoint.unknown_model, FailureKind.UNKNOWN_MODEL, "'small'"),
    (endpoint.nothing_here, FailureKind.REFUSED, "404"),
    (endpoint.prompt_too_long, FailureKind.TOO_LONG, "4096"),
    (endpoint.elsewhere, FailureKind.REFUSED, "307"),
]

HALF_ANSWERS: list[tuple[Behaviour, FailureKind]] = [
    (endpoint.truncate, FailureKind.CONNECTION),
    (endpoint.saying(choices=[]), FailureKind.GARBAGE),
    (endpoint.saying(choices=None), FailureKind.GARBAGE),
    (endpoint.saying(choices=[{"finish_reason": "stop"}]), FailureKind.GARBAGE),
    (endpoint.saying(choices=[{"message": {"content": "x"}, "finish_reason": None}]), FailureKind.GARBAGE),
    (endpoint.saying(choices=[{"message": {"content": ["x"]}, "finish_reason": "stop"}]), FailureKind.GARBAGE),
    (
        endpoint.saying(choices=[{"message": {"content": None}, "finish_reason": "content_filter"}]),
        FailureKind.REFUSED,
    ),
]


def provider_at(base_url: str, **more: object) -> OpenAIProvider:
    """A provider that has little patience."""
    return OpenAIProvider(base_url, "small", KEY, **({"timeout_seconds": 2} | more))  # type: ignore[arg-type]


def check_told(failed: CallFailed, base_url: str) -> None:
    """A failure names place and remedy, is what the interface promises, and holds neither key nor question."""
    assert isinstance(failed, ProviderFailed)
    assert failed.where == f"{base_url} (model small)"
    assert failed.remedy
    assert KEY not in str(failed)
    assert CAPITAL not in str(failed)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("behaviour", "kind", "words"), TROUBLES, ids=[kind for _, kind, _ in TROUBLES])
def test_trouble_is_named(behaviour: Behaviour, kind: FailureKind, words: str, stream: bool) -> None:
    """Each kind of trouble has its own name, and one attempt is made."""
    with running_endpoint([behaviour]) as server:
        # What never ends has to be stopped by its length, not by the clock.
        patience = {"timeout_seconds": 30} if behaviour is endpoint.endless else {"timeout_seconds": 0.5}
        failed = failure(provider_at(server.base_url, **patience), asking(CAPITAL), stream=stream)
        assert len(server.asked) == 1
    assert failed.kind is kind
    assert words in failed.problem
    check_told(failed, server.base_url)


@pytest.mark.parametrize(("behaviour", "kind"), HALF_ANSWERS)
def test_half_an_answer_is_a_failure(behaviour: Behaviour, kind: FailureKind) -> None:
    """An answer that breaks off, or lacks what makes it one, is never taken for a short one."""
    with running_endpoint([behaviour]) as server:
        failed = failure(provider_at(server.base_url), asking(CAPITAL))
    assert failed.kind is kind
    check_told(failed, server.base_url)


def test_a_stream_that_breaks_off_is_a_failure() -> None:
    """The pieces that came are yielded, then the failure is raised."""
    with running_endpoint([endpoint.truncate]) as server:
        failed = failure(provider_at(server.base_url), asking(CAPITAL), stream=True)
    assert failed.kind is FailureKind.CONNECTION
    check_told(failed, server.base_url)


def test_nobody_at_the_address_is_a_failed_connection() -> None:
    """A refused connection is told from a wrong answer."""
    with running_endpoint([endpoint.well]) as server:
        base_url = server.base_url
    failed = failure(provider_at(base_url), asking(CAPITAL))
    assert failed.kind is FailureKind.CONNECTION
    check_told(failed, base_url)


def test_an_endpoint_that_ignores_the_schema_is_found_out() -> None:
    """The answer is validated here, too."""
    with running_endpoint([endpoint.well]) as server:
        failed = failure(provider_at(server.base_url), asking(CAPITAL, schema=PERSON))
    assert failed.kind is FailureKind.GARBAGE
    assert "schema" in failed.problem
    check_told(failed, server.base_url)


def test_an_endpoint_without_log_probabilities_is_no_judge() -> None:
    """It is refused instead of reporting that nothing is likely."""
    with running_endpoint([endpoint.well]) as server:
        failed = failure(provider_at(server.base_url), asking(CAPITAL, choices=("yes", "no")))
    assert failed.kind is FailureKind.REFUSED
    assert "log-probabilities" in failed.problem


def test_half_a_character_is_replaced() -> None:
    """JSON may escape one; the text can then still be written to any file."""
    said = [{"message": {"content": "half \ud83d"}, "finish_reason": "stop"}]
    with running_endpoint([endpoint.saying(choices=said)]) as server:
        assert completed(provider_at(server.base_url), asking(CAPITAL)).text == "half ?"


def test_retry_after_is_passed_on() -> None:
    """As seconds; a date or nonsense counts as not given."""
    for header, seconds in {
        "7": 7.0,
        "0.5": 0.5,
        "Wed, 21 Oct 2026 07:28:00 GMT": None,
        "-1": None,
        "inf": None,
    }.items():
        with running_endpoint([endpoint.too_many_requests(header)]) as server:
            assert failure(provider_at(server.base_url), asking(CAPITAL)).retry_after == seconds


def test_everything_that_the_answer_depends_on_is_sent() -> None:
    """Model, messages, temperature, seed, limit, stop words, schema; and the key as a bearer token."""
    with running_endpoint([endpoint.well]) as server:
        said = completed(provider_at(server.base_url), asking(CAPITAL, max_tokens=9, stop=("END",)))
        completed(provider_at(server.base_url, length_limit_field="max_completion_tokens"), asking(CAPITAL))
        assert "".join(streamed(provider_at(server.base_url), asking(CAPITAL))) == said.text == endpoint.TEXT
        first, second, _ = server.asked
    assert first.authorization == f"Bearer {KEY}"
    assert first.body == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "You are brief."},
            {"role": "user", "content": CAPITAL},
        ],
        "temperature": 0.0,
        "seed": 0,
        "max_tokens": 9,
        "stop": ["END"],
    }
    assert "max_tokens" not in second.body
    assert second.body["max_completion_tokens"] == 12
    assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (5, 7)


def test_a_failure_crosses_a_processs_border_whole() -> None:
    """Kind and Retry-After are still there."""
    failed = CallFailed("p", kind=FailureKind.RATE_LIMITED, where="w", remedy="r", retry_after=2.0)
    again = pickle.loads(pickle.dumps(failed))  # noqa: S301  (our own bytes)
    assert (again.kind, again.retry_after, str(again)) == (failed.kind, 2.0, str(failed))


def completion(base_url: str) -> Completion:
    """What a stream ends in."""
    *_, said = heard(provider_at(base_url), asking(CAPITAL, max_tokens=9))
    assert isinstance(said, Completion)
    return said


def test_a_streams_tokens_are_counted_by_the_endpoint() -> None:
    """It is asked to, and believed."""
    with running_endpoint([endpoint.counting]) as server:
        assert completion(server.base_url).usage == Usage(5, 7)


@pytest.mark.parametrize("behaviour", [endpoint.well, endpoint.refusing_to_count], ids=["omits", "refuses"])
def test_tokens_that_nobody_counted_are_estimated_from_above(behaviour: Behaviour) -> None:
    """A token is a byte at least, an answer has `max_tokens` at most; and the estimate says that it is one."""
    with running_endpoint([behaviour]) as server:
        said = completion(server.base_url)
    assert said.text == endpoint.TEXT
    assert said.usage.estimated
    assert said.usage.prompt_tokens >= len("You are brief." + CAPITAL)
    assert said.usage.completion_tokens == 9


def test_an_endpoint_that_refused_to_count_is_not_asked_again() -> None:
    """One refusal is enough: the next stream costs one request."""
    with running_endpoint([endpoint.refusing_to_count]) as server:
        provider = provider_at(server.base_url)

        async def twice() -> None:
            for _ in range(2):
                _ = [piece async for piece in provider.stream(asking(CAPITAL))]

        used(provider, twice)
        assert ["stream_options" in asked.body for asked in server.asked] == [True, False, False]


@pytest.mark.parametrize("how", ["close", "cancel"])
def test_a_reader_who_goes_away_closes_the_connection(how: str) -> None:
    """The endpoint sees it, and need not go on."""
    gone = threading.Event()
    with running_endpoint([endpoint.slowly(gone)]) as server:
        provider = provider_at(server.base_url)
        begun = asyncio.Event()

        async def read() -> None:
            async with aclosing(provider.stream(asking(CAPITAL))) as pieces:  # type: ignore[type-var]
                async for _ in pieces:
                    begun.set()
                    if how == "close":
                        return

        async def leave() -> bool:
            task = asyncio.create_task(read())
            await begun.wait()
            if how == "cancel":
                task.cancel()
            await asyncio.wait([task])
            return await asyncio.to_thread(gone.wait, 10)

        assert used(provider, leave)


@pytest.mark.parametrize("bypass", [False, True])
def test_the_environments_proxy_is_used_and_no_other_password(
    bypass: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy is asked where the environment names one, unless NO_PROXY excludes the host; ~/.netrc is not read."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with running_endpoint([endpoint.well]) as server, running_endpoint([endpoint.saying(model="by proxy")]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
        if bypass:
            monkeypatch.setenv("no_proxy", "127.0.0.1")
        said = completed(provider_at(server.base_url), asking(CAPITAL))
        (asked,) = (server if bypass else proxy).asked
    assert said.model == ("small" if bypass else "by proxy")
    assert asked.authorization == f"Bearer {KEY}"


def test_an_error_in_the_middle_of_a_stream_is_one() -> None:
    """Some endpoints send it as an event, when the status has long been sent."""

    def breaks(handler: endpoint.Handler) -> None:
        handler.begin(200, "text/event-stream")
        handler.wfile.write(f'data: {{"error": {{"message": "out of memory {KEY}"}}}}\n\n'.encode())

    with running_endpoint([breaks]) as server:
        failed = failure(provider_at(server.base_url), asking(CAPITAL), stream=True)
    assert failed.kind is FailureKind.SERVER_ERROR
    assert "in the middle: out of memory ***" in failed.problem
    check_told(failed, server.base_url)


@pytest.mark.parametrize(
    "chunk", ["7", "null", "[]", '{"choices": 1}', '{"choices": [7]}', '{"choices": [{"delta": []}], "usage": 1}']
)
def test_chunks_of_other_types_are_no_answer(chunk: str) -> None:
    """A stream of them has no end, and crashes nothing."""

    def says(handler: endpoint.Handler) -> None:
        handler.begin(200, "text/event-stream")
        handler.wfile.write(f"data: {chunk}\n\n".encode())

    with running_endpoint([says]) as server:
        failed = failure(provider_at(server.base_url), asking(CAPITAL), stream=True)
    assert failed.kind is FailureKind.CONNECTION
