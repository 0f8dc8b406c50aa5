"""Reads an OpenAI-compatible endpoint's answer, whose every field may be missing or of another type."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Request, Usage
from roadworthy.providers.openai_failures import filtered, garbage
from roadworthy.providers.wire import choice_logprobs, likeliest_choice, most_usage


class _Token(BaseModel):
    token: str
    logprob: float


class _Position(BaseModel):
    top_logprobs: list[_Token] = []


class _Logprobs(BaseModel):
    content: list[_Position] | None = None


class _Said(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Said
    finish_reason: Literal["stop", "length", "content_filter"]
    logprobs: _Logprobs | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(BaseModel):
    model: str
    choices: list[_Choice]
    usage: _Usage | None = None


def completion_of(answer: Any, request: Request, seconds: float, where: str) -> Completion:
    """Return what `answer`, a JSON value, says; raise `CallFailed` when it says nothing usable."""
    read = _read(answer, where)
    choice = read.choices[0]
    # JSON may escape half a character, which no file takes.
    text = (choice.message.content or choice.message.refusal or "").encode(errors="replace").decode()
    if choice.finish_reason == "content_filter":
        raise filtered(where)
    logprobs = _choice_logprobs(choice, request, where)
    usage = Usage(read.usage.prompt_tokens, read.usage.completion_tokens) if read.usage else most_usage(request)
    return Completion(
        text=likeliest_choice(logprobs, text) if logprobs else text,
        finish=choice.finish_reason,
        model=read.model,
        usage=usage,
        seconds=seconds,
        choice_logprobs=logprobs,
    )


def _read(answer: Any, where: str) -> _Answer:
    try:
        read = _Answer.model_validate(answer)
    except ValidationError as error:
        raise garbage(where) from error
    if not read.choices:
        raise garbage(where)
    return read


def _choice_logprobs(choice: _Choice, request: Request, where: str) -> dict[str, float]:
    if not request.choices:
        return {}
    positions = (choice.logprobs.content if choice.logprobs else None) or []
    if not positions or not positions[0].top_logprobs:
        raise CallFailed(
            "the endpoint does not report log-probabilities",
            kind=FailureKind.REFUSED,
            where=where,
            remedy="use a model and an endpoint with logprobs for judging",
        )
    tokens = [(token.token, token.logprob) for token in positions[0].top_logprobs]
    return choice_logprobs(request.choices, tokens)
