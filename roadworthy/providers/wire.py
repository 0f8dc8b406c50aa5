"""Requests and answers in the words of OpenAI's chat completions, which all our models understand."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Message, Request, Usage


def chat_body(request: Request, likeliest: int) -> dict[str, Any]:
    """Return the body of a chat completion; `likeliest` is how many first tokens are reported for `choices`."""
    sampling = request.sampling
    body: dict[str, Any] = {
        "messages": [_turn(message) for message in request.messages],
        "temperature": sampling.temperature,
        "seed": sampling.seed,
        "max_tokens": sampling.max_tokens,
    }
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if request.schema is not None:
        format_ = {"name": "answer", "strict": True, "schema": dict(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": format_}
    if request.choices:
        body |= {"max_tokens": 1, "logprobs": True, "top_logprobs": likeliest}
    return body


MESSAGE_TOKENS = 16
"""More tokens than any chat template we know puts around a message."""


def most_usage(request: Request) -> Usage:
    """Return the most that a request can have cost, for an endpoint that does not tell.

    A token stands for at least one byte of UTF-8; an answer has at most `max_tokens`, those of hidden reasoning too.
    """
    sent = [message.content for message in request.messages]
    if request.schema is not None:
        sent.append(json.dumps(dict(request.schema), ensure_ascii=False))
    read = sum(len(text.encode(errors="replace")) + MESSAGE_TOKENS for text in sent) + MESSAGE_TOKENS
    return Usage(read, 1 if request.choices else request.sampling.max_tokens, estimated=True)


def _turn(message: Message) -> dict[str, str]:
    # The protocol allows the role `tool` only after a native tool call; our calls are constrained text.
    return {"role": "user" if message.role == "tool" else message.role, "content": message.content}


def choice_logprobs(choices: tuple[str, ...], tokens: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Sum the probability of the first tokens that begin each choice; −inf for a choice that none begins.

    A token counts for the choice that it is, spaces around it and case ignored; else for the only one that starts with
    it; one that several start with counts for none. Returns natural logarithms.
    """
    sums = dict.fromkeys(choices, 0.0)
    for token, logprob in tokens:
        choice = _meant(token.strip().casefold(), choices)
        if choice is not None:
            sums[choice] += math.exp(logprob)
    return {choice: math.log(chance) if chance > 0 else -math.inf for choice, chance in sums.items()}


def _meant(token: str, choices: tuple[str, ...]) -> str | None:
    exact = [choice for choice in choices if choice.strip().casefold() == token]
    starting = [choice for choice in choices if token and choice.strip().casefold().startswith(token)]
    found = exact or starting
    return found[0] if len(found) == 1 else None


def likeliest_choice(logprobs: Mapping[str, float], said: str) -> str:
    """Return the choice with the highest log-probability, or what the model said when it named none."""
    best = max(logprobs, key=lambda choice: logprobs[choice])
    return best if logprobs[best] > -math.inf else said


def checked(completion: Completion, request: Request, where: str) -> Completion:
    """Return an answer that satisfies the request's schema; raise `CallFailed` for one that does not."""
    if request.schema is None or request.choices:
        return completion
    if completion.finish == "length":
        raise CallFailed(
            "the answer was cut off before its JSON was complete",
            kind=FailureKind.TRUNCATED,
            where=where,
            remedy=f"raise max_tokens (now {request.sampling.max_tokens}), or ask for less",
        )
    mistake = _mistake(completion.text, request.schema)
    if mistake is not None:
        raise CallFailed(
            f"the answer breaks the JSON schema that was asked for: {mistake}",
            kind=FailureKind.GARBAGE,
            where=where,
            remedy="use a model and an endpoint that support response_format with a JSON schema",
        )
    return completion


def _mistake(text: str, schema: Mapping[str, Any]) -> str | None:
    # Late imports: start-up time.
    from jsonschema import Draft202012Validator

    try:
        value = json.loads(text)
    except ValueError:
        return "it is not JSON"
    errors = Draft202012Validator(schema).iter_errors(value)
    # Its place and rule, not its message: that quotes the answer.
    return next((f"{error.json_path} fails {error.validator!r}" for error in errors), None)
