"""answer_cache: the same request to the same model costs once, and what is damaged is asked for again."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
from fakes.scripted_provider import Rule, ScriptedProvider
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from provider_samples import CAPITAL, PERSON, asking, completed, failure, heard

from roadworthy.errors import ProviderFailed
from roadworthy.providers.answer_cache import Cached, request_key
from roadworthy.providers.failures import FailureKind
from roadworthy.providers.interface import Completion, Message, Request, Sampling, Usage

REQUEST = asking(CAPITAL)

OTHERS = [
    asking("Name the capital of Spain."),
    asking(CAPITAL, max_tokens=13),
    asking(CAPITAL, stop=("END",)),
    asking(CAPITAL, schema=PERSON),
    asking(CAPITAL, schema={}),
    asking(CAPITAL, choices=("yes", "no")),
    asking(CAPITAL, choices=("no", "yes")),
    Request((Message("user", "You are brief."), *REQUEST.messages[1:]), REQUEST.sampling),
    Request(REQUEST.messages[1:], REQUEST.sampling),
    Request(REQUEST.messages, dataclasses.replace(REQUEST.sampling, temperature=0.5)),
    Request(REQUEST.messages, dataclasses.replace(REQUEST.sampling, seed=1)),
]


def model() -> ScriptedProvider:
    """A model with an answer to everything here."""
    return ScriptedProvider([Rule("yes or no", {"yes": 1.0})], otherwise="It is Paris.")


def only_file(folder: Path) -> Path:
    """The one file of a cache with one answer."""
    (path,) = [path for path in folder.rglob("*") if path.is_file()]
    return path


def test_a_kept_answer_is_the_answer(tmp_path: Path) -> None:
    """A second provider, as in a second process, gets it without asking; only `cached` differs."""
    first = completed(Cached(model(), tmp_path), REQUEST)
    silent = model()
    again = completed(Cached(silent, tmp_path), REQUEST)
    assert silent.calls == 0
    assert not first.cached
    assert again == dataclasses.replace(first, cached=True)


def test_an_impossible_choice_is_kept(tmp_path: Path) -> None:
    """Minus infinity, which is not JSON, comes back."""
    request = asking("Is it? yes or no", choices=("yes", "no"))
    completed(Cached(model(), tmp_path), request)
    assert completed(Cached(model(), tmp_path), request).choice_logprobs == {"yes": 0.0, "no": -math.inf}


@pytest.mark.parametrize("other", OTHERS)
def test_every_part_of_a_request_tells_it_from_others(other: Request) -> None:
    """Two requests that may get different answers never share one."""
    assert request_key({}, other) != request_key({}, REQUEST)


@pytest.mark.parametrize("request_", [asking("lone \ud800"), Request(REQUEST.messages, Sampling(seed=2**60))])
def test_a_request_that_is_no_json_is_refused(tmp_path: Path, request_: Request) -> None:
    """As the interface promises it, not with the JSON library's own error."""
    assert failure(Cached(model(), tmp_path), request_).kind is FailureKind.REFUSED


def test_another_model_is_asked_itself(tmp_path: Path) -> None:
    """The provider's identity is part of the key."""
    completed(Cached(model(), tmp_path), REQUEST)
    other = dataclasses.replace(model(), model="other")
    assert not completed(Cached(other, tmp_path), REQUEST).cached


def damage(entry: dict[str, Any], name: str, value: Any) -> bytes:
    """A kept file with one value changed."""
    changed = json.loads(json.dumps(entry))
    (changed["answer"] if name in changed["answer"] else changed)[name] = value
    return json.dumps(changed).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: b"",
        lambda entry: json.dumps(entry).encode()[:-20],
        lambda entry: b"\xff\xfe\x00",
        lambda entry: b"[]",
        lambda entry: damage(entry, "text", "It is Rome."),
        lambda entry: damage(entry, "prompt_tokens", "many"),
        lambda entry: damage(entry, "key", "0" * 64),
        lambda entry: damage(entry, "answer", "It is Rome."),
    ],
)
def test_a_damaged_file_counts_as_absent(tmp_path: Path, change: Any) -> None:
    """Cut, emptied, edited or put in another's place: the model is asked, and the file is whole again."""
    completed(Cached(model(), tmp_path), REQUEST)
    path = only_file(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(change(json.loads(whole)))
    said = completed(Cached(model(), tmp_path), REQUEST)
    assert (said.text, said.cached) == ("It is Paris.", False)
    assert path.read_bytes() == whole


def test_streams_and_whole_answers_are_kept_alike(tmp_path: Path) -> None:
    """Either is answered by either; a kept answer is streamed in one piece."""
    asked = model()
    *pieces, first = heard(Cached(asked, tmp_path / "one"), REQUEST)
    assert isinstance(first, Completion)
    assert (len(pieces), first.text, first.cached) == (3, "It is Paris.", False)
    kept = dataclasses.replace(first, cached=True)
    assert completed(Cached(asked, tmp_path / "one"), REQUEST) == kept
    assert heard(Cached(asked, tmp_path / "one"), REQUEST) == ["It is Paris.", kept]
    assert asked.calls == 1
    completed(Cached(asked, tmp_path / "other"), REQUEST)
    assert heard(Cached(asked, tmp_path / "other"), REQUEST) == ["It is Paris.", kept]
    assert asked.calls == 2


def test_an_estimate_stays_one(tmp_path: Path) -> None:
    """Tokens that nobody counted are still told from counted ones when they come from the cache."""

    class Guessing(ScriptedProvider):
        async def complete(self, request: Request) -> Completion:
            return Completion("Paris.", "stop", "m", Usage(100, 12, estimated=True), 0.1)

    first = completed(Cached(Guessing(), tmp_path), REQUEST)
    assert completed(Cached(Guessing(), tmp_path), REQUEST) == dataclasses.replace(first, cached=True)


def test_a_stream_that_is_left_early_is_not_kept(tmp_path: Path) -> None:
    """Half an answer is no answer."""

    async def leave() -> None:
        pieces = Cached(model(), tmp_path).stream(REQUEST)
        assert await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert not list(tmp_path.rglob("*.json"))


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    """The next one may get an answer."""
    failing = ScriptedProvider(otherwise=ProviderFailed("down"))
    with pytest.raises(ProviderFailed):
        completed(Cached(failing, tmp_path), REQUEST)
    assert not list(tmp_path.rglob("*.json"))


def test_a_folder_that_can_not_be_written_loses_no_answer(tmp_path: Path) -> None:
    """The answer is given; it will cost again."""
    (tmp_path / "answers").write_text("in the way")
    assert completed(Cached(model(), tmp_path / "answers"), REQUEST).text == "It is Paris."


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(tmp_path: Path, question: str, answer: str) -> None:
    """Whatever was asked and said, to the character."""
    said = Completion(answer, "length", "m", Usage(1, 2), 0.25)

    class Saying(ScriptedProvider):
        async def complete(self, request: Request) -> Completion:
            return said

    request = Request((Message("user", question),), Sampling(stop=(answer,)))
    completed(Cached(Saying(model=answer), tmp_path), request)
    assert completed(Cached(ScriptedProvider(model=answer), tmp_path), request) == dataclasses.replace(
        said, cached=True
    )
