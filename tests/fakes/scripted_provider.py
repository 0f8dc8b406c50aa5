"""A small real language model for tests: it answers by rules on the last message, and remembers what it was asked."""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator

from roadworthy.errors import ProviderFailed
from roadworthy.providers.interface import Completion, Request, Usage

Said = str | Mapping[str, Any] | ProviderFailed
"""A text; a mapping, which is JSON under a schema and each choice's probability under `choices`; or a failure."""

Answer = Said | Callable[[Request], Said]

CHOSEN = 0.9
"""The probability of a choice that a rule names; the others share the rest."""


@dataclass(frozen=True)
class Rule:
    """What is answered when `pattern`, a regular expression, is found in the last message."""

    pattern: str
    answer: Answer


@dataclass
class ScriptedProvider:
    """The first rule that fits answers, else `otherwise`; a word is a token.

    An answer that breaks the request's schema, or is none of its choices, is a mistake in the script:
    `AssertionError`.
    """

    rules: Sequence[Rule] = ()
    otherwise: Answer = "I don't know."
    model: str = "scripted"
    requests: list[Request] = field(default_factory=list)
    """Every request, in order."""
    closed: bool = False

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return len(self.requests)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model's name stands for its rules."""
        return {"kind": "scripted", "model": self.model}

    async def complete(self, request: Request) -> Completion:
        """Answer by the rules; raise the failure that a rule gives."""
        self.requests.append(request)
        said = self._said(request)
        if request.choices:
            return self._choice(said, request)
        if request.schema is not None:
            said = _as_json(said, request.schema)
        assert isinstance(said, str), f"without a schema or choices an answer is a text, not {said!r}"
        return self._text(said, request)

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the same answer word by word."""
        completion = await self.complete(request)
        for piece in _tokens(completion.text):
            yield piece
        yield completion

    def warm(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _said(self, request: Request) -> str | Mapping[str, Any]:
        last = request.messages[-1].content
        fitting = (rule.answer for rule in self.rules if re.search(rule.pattern, last, re.DOTALL))
        answer = next(fitting, self.otherwise)
        said = answer(request) if callable(answer) else answer
        if isinstance(said, ProviderFailed):
            raise said
        return said

    def _text(self, text: str, request: Request) -> Completion:
        for stop in request.sampling.stop:
            text = text.partition(stop)[0]
        tokens = _tokens(text)
        kept = tokens[: request.sampling.max_tokens]
        usage = Usage(_prompt_tokens(request), len(kept))
        return Completion("".join(kept), "stop" if kept == tokens else "length", self.model, usage, 0.0)

    def _choice(self, said: str | Mapping[str, Any], request: Request) -> Completion:
        chances = said if isinstance(said, Mapping) else _chances(said, request.choices)
        assert set(chances) <= set(request.choices), f"{sorted(chances)} are not among {request.choices}"
        found = {choice: chances.get(choice, 0.0) for choice in request.choices}
        logprobs = {choice: math.log(chance) if chance > 0 else -math.inf for choice, chance in found.items()}
        best = max(found, key=lambda choice: found[choice])
        return Completion(best, "length", self.model, Usage(_prompt_tokens(request), 1), 0.0, choice_logprobs=logprobs)


def _chances(said: str, choices: tuple[str, ...]) -> dict[str, float]:
    assert said in choices, f"the script says {said!r}, which is none of {choices}"
    rest = (1 - CHOSEN) / max(len(choices) - 1, 1)
    return {choice: CHOSEN if choice == said else rest for choice in choices}


def _as_json(said: str | Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    value = json.loads(said) if isinstance(said, str) else said
    mistakes = [error.message for error in Draft202012Validator(schema).iter_errors(value)]
    assert not mistakes, f"the script breaks the request's schema: {mistakes}"
    return json.dumps(value)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)


def _prompt_tokens(request: Request) -> int:
    return sum(len(_tokens(message.content)) for message in request.messages)
