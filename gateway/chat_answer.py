"""An assistant's answer as OpenAI writes it, whole and in pieces, with what ours adds below `roadworthy`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.visit import Visit
from roadworthy.exchange.interface import Answer, Outcome

_NUMBER = re.compile(r"\[(\d{1,3})\]")


def completion(visit: Visit, answer: Answer) -> bytes:
    """Return a whole `chat.completion`."""
    message = {"role": "assistant", "content": answer.text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason(answer), "logprobs": None}
    return orjson.dumps(
        _head(visit, "chat.completion")
        | {"choices": [choice], "usage": usage(answer), "roadworthy": extension(visit, answer)}
    )


def chunk(visit: Visit, delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> bytes:
    """Return one event of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return event(_head(visit, "chat.completion.chunk") | {"choices": [choice]} | more)


def usage_chunk(visit: Visit, answer: Answer) -> bytes:
    """Return the event that holds the tokens alone."""
    return event(_head(visit, "chat.completion.chunk") | {"choices": [], "usage": usage(answer)})


def event(document: Mapping[str, Any]) -> bytes:
    """Return a server-sent event (WHATWG HTML, section 9.2)."""
    return b"data: " + orjson.dumps(document) + b"\n\n"


DONE = b"data: [DONE]\n\n"


def finish_reason(answer: Answer) -> str:
    """Return OpenAI's word for how the answer ended."""
    return "content_filter" if answer.outcome is Outcome.REFUSED else "stop"


def usage(answer: Answer) -> Mapping[str, int]:
    """Return the tokens."""
    read, written = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def extension(visit: Visit, answer: Answer) -> Mapping[str, Any]:
    """Return what ours adds: where the answer comes from, and what it rests on."""
    return {
        "request_id": visit.id,
        "release": f"{visit.capability}@{visit.release}",
        "digest": visit.digest,
        "arm": visit.arm,
        "outcome": answer.outcome.value,
        "citations": _citations(answer),
        "calls": [
            {"tool": call.call.tool, "verdict": call.verdict.value, "approval_request": call.approval_request or None}
            for call in answer.calls
        ],
        "fallback": visit.fallback,
        # What was streamed before has to be taken back, and this shown instead.
        "retracted": answer.text if answer.retracted else None,
        "cached": visit.cached,
    }


def _citations(answer: Answer) -> list[Mapping[str, Any]]:
    """Return the passages whose numbers stand in the text."""
    numbers = {int(number) for number in _NUMBER.findall(answer.text)}
    return [
        {
            "number": number,
            "document": hit.passage.document,
            "title": hit.passage.title,
            "text": hit.passage.text,
            "start": hit.passage.start,
            "end": hit.passage.end,
        }
        for number, hit in enumerate(answer.hits, start=1)
        if number in numbers and hit.passage.document in answer.citations
    ]


def _head(visit: Visit, kind: str) -> dict[str, Any]:
    created = int(visit.at.timestamp())
    return {"id": f"chatcmpl-{visit.id}", "object": kind, "created": created, "model": visit.capability}
