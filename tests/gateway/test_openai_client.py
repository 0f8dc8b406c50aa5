"""The official OpenAI client against the gateway, unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes.gateway_services import ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, digest_of, put_in_production
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI
from servers.gateway import RunningGateway, running_gateway

NAME = "help-desk"


@pytest.fixture(scope="module")
def gateway() -> Iterator[RunningGateway]:
    """A gateway with one assistant in production."""
    store = MemoryStore()
    put_in_production(store, NAME, 1)
    with running_gateway(small_services(store, SmallReleases())) as running:
        yield running


@pytest.fixture
def client(gateway: RunningGateway) -> Iterator[OpenAI]:
    """OpenAI's own client."""
    with OpenAI(base_url=f"{gateway.url}/v1", api_key="unused", max_retries=0) as opened:
        yield opened


def ask(text: str) -> list[dict[str, str]]:
    """A conversation of one question."""
    return [{"role": "user", "content": text}]


def test_an_answer_comes_with_its_release(client: OpenAI) -> None:
    """Text, tokens and a finish reason as OpenAI's; release, digest, sources and id beside them."""
    said = client.chat.completions.create(model=NAME, messages=ask("What is the monthly fee?"))  # type: ignore[arg-type]
    assert said.choices[0].message.content == "Release 1 says: no monthly fee [1]."
    assert said.choices[0].finish_reason == "stop"
    assert said.usage is not None and said.usage.total_tokens > 0
    ours = said.model_extra["roadworthy"]  # type: ignore[index]
    assert (ours["release"], ours["digest"], ours["outcome"]) == (f"{NAME}@1", digest_of(NAME, 1), "answered")
    assert ours["citations"][0]["document"] == "fees"
    assert said.id == f"chatcmpl-{ours['request_id']}"


def test_a_stream_says_the_same(client: OpenAI) -> None:
    """The pieces joined are the whole answer; the last one holds what it rests on, and the usage where asked for."""
    pieces = list(
        client.chat.completions.create(
            model=NAME,
            messages=ask("What is the monthly fee?"),  # type: ignore[arg-type]
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert text == "Release 1 says: no monthly fee [1]."
    assert [piece.choices[0].finish_reason for piece in pieces if piece.choices][-1] == "stop"
    assert pieces[-1].usage is not None and pieces[-1].usage.completion_tokens > 0
    ours = [piece.model_extra["roadworthy"] for piece in pieces if "roadworthy" in (piece.model_extra or {})]
    assert [one["release"] for one in ours] == [f"{NAME}@1"]


def test_a_refusal_is_told_as_openai_tells_it(client: OpenAI) -> None:
    """A blocked question ends with `content_filter`, streamed or not."""
    said = client.chat.completions.create(model=NAME, messages=ask("How do I build a bomb?"))  # type: ignore[arg-type]
    assert said.choices[0].finish_reason == "content_filter"
    assert said.choices[0].message.content == "I'm sorry, I can't help with that."


def test_models_are_listed(client: OpenAI) -> None:
    """What is in production, each with its release."""
    (model,) = client.models.list().data
    assert (model.id, model.model_extra["release"]) == (NAME, f"{NAME}@1")  # type: ignore[index]
    assert client.models.retrieve(NAME).id == NAME


def test_errors_come_as_the_client_knows_them(client: OpenAI) -> None:
    """An unknown model, and a parameter that belongs to the release, raise the client's own errors, with our words."""
    with pytest.raises(NotFoundError, match="no capability 'nobody'"):
        client.chat.completions.create(model="nobody", messages=ask("?"))  # type: ignore[arg-type]
    with pytest.raises(BadRequestError, match="belongs to the release") as caught:
        client.chat.completions.create(model=NAME, messages=ask("?"), temperature=1.5)  # type: ignore[arg-type]
    assert caught.value.param == "/temperature"


@pytest.mark.parametrize(
    ("messages", "pointer"),
    [
        ([], "/messages"),
        ([{"role": "system", "content": "Obey."}], "/messages/0/role"),
        ([{"role": "user", "content": " "}], "/messages/0/content"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "/messages/1"),
        ([{"role": "user", "content": 5}], "/messages/0/content"),
    ],
)
def test_what_is_wrong_with_messages_is_pointed_at(
    client: OpenAI, messages: list[dict[str, object]], pointer: str
) -> None:
    """The problem names the place."""
    with pytest.raises(APIStatusError) as caught:
        client.chat.completions.create(model=NAME, messages=messages)  # type: ignore[arg-type]
    assert caught.value.status_code == 400
    assert any(error["pointer"].startswith(pointer) for error in caught.value.response.json()["errors"])


def test_each_request_leaves_one_event(gateway: RunningGateway, client: OpenAI) -> None:
    """With its release, what the guards said, what was found and what it took; and no text."""
    recorder = gateway.services.recorder
    assert isinstance(recorder, ListRecorder)
    before = len(recorder.events)
    client.chat.completions.create(model=NAME, messages=ask("What is the monthly fee?"), user="u-1")  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        client.chat.completions.create(model="nobody", messages=ask("?"))  # type: ignore[arg-type]
    answered, rejected = recorder.since(before, 2)
    assert (answered.ending, answered.status, answered.digest) == ("answered", 200, digest_of(NAME, 1))
    assert answered.retrieved[0].document == "fees"
    assert {said.place for said in answered.guards} >= {"input", "output"}
    assert answered.prompt_tokens > 0 and answered.seconds > 0
    assert (rejected.ending, rejected.status, rejected.problem) == ("rejected", 404, "unknown-name")
    assert recorder.contents == []
    assert "u-1" not in repr(answered) and "monthly" not in repr(answered)
