"""Reads what the embedded model's runtime says, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from roadworthy.providers.failures import CallFailed, FailureKind
from roadworthy.providers.interface import Completion, Request, Usage
from roadworthy.providers.wire import choice_logprobs, likeliest_choice

Chunk = dict[str, Any]


def piece_of(chunk: Chunk) -> str:
    """Return the text that a chunk adds to the answer."""
    return "".join(choice["delta"].get("content") or "" for choice in chunk.get("choices", []))


def raise_error(chunks: Sequence[Chunk], where: str) -> None:
    """Raise `CallFailed` when the runtime reported an error."""
    for error in (chunk["error"] for chunk in chunks if "error" in chunk):
        if error.get("type") == "exceed_context_size_error":
            raise CallFailed(
                f"the prompt has {error.get('n_prompt_tokens')} tokens, the model reads {error.get('n_ctx')}",
                kind=FailureKind.TOO_LONG,
                where=where,
                remedy="shorten the prompt, retrieve fewer passages, or raise context_tokens",
            )
        wrong = error.get("code") == 400
        raise CallFailed(
            f"the model's runtime failed: {error.get('message')}",
            kind=FailureKind.REFUSED if wrong else FailureKind.SERVER_ERROR,
            where=where,
            remedy="check the request" if wrong else "try again; load the model with a smaller context_tokens",
        )


def completion_of(chunks: Sequence[Chunk], request: Request, model: str, seconds: float) -> Completion:
    """Put the chunks of a finished answer together."""
    usage: Chunk = next((chunk["usage"] for chunk in chunks if chunk.get("usage")), {})
    finishes = [choice.get("finish_reason") for choice in _choices(chunks)]
    text = "".join(map(piece_of, chunks))
    logprobs = choice_logprobs(request.choices, _first_token(chunks)) if request.choices else {}
    return Completion(
        text=likeliest_choice(logprobs, text) if logprobs else text,
        finish="length" if "length" in finishes else "stop",
        model=model,
        usage=Usage(usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)),
        seconds=seconds,
        choice_logprobs=logprobs,
    )


def _choices(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    return (choice for chunk in chunks for choice in chunk.get("choices", []))


def _first_token(chunks: Sequence[Chunk]) -> list[tuple[str, float]]:
    reported = (choice["logprobs"]["content"] for choice in _choices(chunks) if choice.get("logprobs"))
    first: list[Chunk] = next((tokens[0]["top_logprobs"] for tokens in reported if tokens), [])
    return [(token["token"], token["logprob"]) for token in first]
