"""Every provider keeps the same promises, whatever it is made of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.scripted_provider import Rule, ScriptedProvider
from jsonschema import validate
from provider_samples import CAPITAL, PERSON, YES_OR_NO, asking, completed, heard, streamed
from servers.language_model_server import KEY

from roadworthy.canonical import canonical_json
from roadworthy.providers.answer_cache import Cached
from roadworthy.providers.embedded import EmbeddedProvider
from roadworthy.providers.interface import Completion, Message, Provider, Request, Sampling
from roadworthy.providers.openai_endpoint import OpenAIProvider
from roadworthy.providers.resilience import Resilient

MakeProvider = Callable[[], Provider]


@pytest.fixture(params=["embedded", "openai", "scripted", "wrapped"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> MakeProvider:
    """Make a provider of each kind in turn; `wrapped` is the real composition, cache and limits around a model."""
    if request.param == "scripted":
        return _scripted
    if request.param == "openai":
        base_url = request.getfixturevalue("language_model_server")
        return lambda: OpenAIProvider(base_url, "smollm2", KEY)
    embedded = _Shared(request.getfixturevalue("embedded"))
    if request.param == "embedded":
        return lambda: embedded
    return lambda: Cached(Resilient(embedded), tmp_path)


class _Shared:
    """The model that all tests use stays loaded."""

    def __init__(self, provider: EmbeddedProvider) -> None:
        self.identity = provider.identity
        self.complete = provider.complete
        self.stream = provider.stream
        self.warm = provider.warm

    async def close(self) -> None:
        """Keep it."""


def _scripted() -> ScriptedProvider:
    rules = [Rule("yes or no", "yes"), Rule("capital", "The capital of France is Paris."), Rule("Count", "1 2 3 4 5")]
    return ScriptedProvider([*rules, Rule("person", {"name": "Ann"})])


def test_a_warm_provider_answers_as_a_cold_one(make: MakeProvider) -> None:
    """Warming loads what the first request needs, twice as well as once, and changes no answer."""
    provider = make()
    provider.warm()
    provider.warm()
    assert "Paris" in completed(provider, asking(CAPITAL)).text


def test_a_completion_says_what_it_is_and_what_it_cost(make: MakeProvider) -> None:
    """Text, finish, model, tokens and time are all there, and nothing was cached."""
    said = completed(make(), asking(CAPITAL))
    assert "Paris" in said.text
    assert said.finish == "stop"
    assert said.model
    assert said.usage.prompt_tokens >= 8
    assert 5 <= said.usage.completion_tokens <= 12
    assert said.seconds >= 0
    assert not said.cached
    assert said.choice_logprobs == {}


def test_the_response_length_limit_holds(make: MakeProvider) -> None:
    """An answer that needs more tokens than it may have is cut, and says so."""
    said = completed(make(), asking(CAPITAL, max_tokens=3))
    assert said.finish == "length"
    assert said.usage.completion_tokens == 3
    assert "Paris" not in said.text


def test_the_pieces_of_a_stream_are_the_answer(make: MakeProvider) -> None:
    """What is streamed adds up to what is completed."""
    pieces = streamed(make(), asking(CAPITAL))
    assert "".join(pieces) == completed(make(), asking(CAPITAL)).text
    assert all(pieces)


def test_a_stream_ends_in_the_completion(make: MakeProvider) -> None:
    """Its text is the pieces, and finish, model and tokens are those of a whole answer."""
    *pieces, said = heard(make(), asking(CAPITAL))
    whole = completed(make(), asking(CAPITAL))
    assert isinstance(said, Completion)
    assert "".join(map(str, pieces)) == said.text == whole.text
    assert (said.finish, said.model, said.usage) == (whole.finish, whole.model, whole.usage)
    assert not said.usage.estimated


def test_a_stream_that_is_cut_short_says_so(make: MakeProvider) -> None:
    """Like a whole answer that is."""
    *_, said = heard(make(), asking(CAPITAL, max_tokens=3))
    assert isinstance(said, Completion)
    assert said.finish == "length"


def test_the_same_request_gets_the_same_answer(make: MakeProvider) -> None:
    """At temperature 0, also after another request."""
    provider = make()

    async def ask() -> list[Completion]:
        return [await provider.complete(asking(text)) for text in (CAPITAL, YES_OR_NO, CAPITAL)]

    first, _, second = asyncio.run(ask())
    assert (first.text, first.finish, first.usage) == (second.text, second.finish, second.usage)


def test_a_stop_word_ends_the_answer_and_is_left_out(make: MakeProvider) -> None:
    """The text ends before the stop word."""
    said = completed(make(), asking(CAPITAL, stop=(" is",)))
    assert said.text.strip() == "The capital of France"
    assert said.finish == "stop"


def test_an_answer_satisfies_the_schema(make: MakeProvider) -> None:
    """With a schema the answer is JSON that is valid by it."""
    said = completed(make(), asking("Invent a person.", max_tokens=60, schema=PERSON))
    validate(json.loads(said.text), PERSON)


def test_choices_get_log_probabilities(make: MakeProvider) -> None:
    """Each choice has one, the text is the likeliest, and together they are no more than certain."""
    said = completed(make(), asking(YES_OR_NO, choices=("yes", "no")))
    assert set(said.choice_logprobs) == {"yes", "no"}
    assert all(logprob < 0 for logprob in said.choice_logprobs.values())
    assert said.text == max(said.choice_logprobs, key=lambda choice: said.choice_logprobs[choice])


def test_a_conversation_with_a_tools_output_is_taken(make: MakeProvider) -> None:
    """Every role of the interface can be sent."""
    roles = ("system", "user", "assistant", "tool", "user")
    request = Request(tuple(Message(role, CAPITAL) for role in roles), Sampling(max_tokens=2))  # type: ignore[arg-type]
    assert completed(make(), request).text


def test_an_identity_is_json_and_no_secret(make: MakeProvider) -> None:
    """It can be digested, two of the same configuration have the same, and the key is not in it."""
    said = canonical_json(dict(make().identity))
    assert said == canonical_json(dict(make().identity))
    assert KEY.encode() not in said
    assert KEY not in repr(make())


def test_closing_twice_is_fine(make: MakeProvider) -> None:
    """Also when it was never used."""
    provider = make()

    async def close() -> None:
        await provider.close()
        await provider.close()

    asyncio.run(close())


def test_a_real_endpoint_and_the_embedded_model_agree(embedded: EmbeddedProvider, language_model_server: str) -> None:
    """The same weights say the same by both ways, and are about as sure."""
    remote = OpenAIProvider(language_model_server, "smollm2", KEY)
    request = asking(YES_OR_NO, choices=("yes", "no"))
    there = completed(remote, request).choice_logprobs
    here = asyncio.run(embedded.complete(request)).choice_logprobs
    # The endpoint reports 20 tokens, the embedded model looks at 100: the tail is missing there.
    assert there == pytest.approx(here, abs=0.05)
    assert completed(remote, asking(CAPITAL)).text == asyncio.run(embedded.complete(asking(CAPITAL))).text
