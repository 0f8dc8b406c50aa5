"""A small real language model behind an OpenAI-compatible endpoint: it answers with the best sentence it was given.

It keeps to its prompt as far as a prompt can be kept to by rules: it cites when it is told to cite, and says that it
does not know when no sentence has enough of the question's words and it is told to say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from servers.misbehaving_endpoint import FINISHED, Endpoint, Handler, running_endpoint

COMMON = {"the", "a", "an", "is", "are", "of", "for", "what", "which", "how", "does", "do", "i", "my", "to", "in", "it"}
ENOUGH = 0.5
_PASSAGE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)


@contextmanager
def running_extractive_model() -> Iterator[Endpoint]:
    """Serve the model on a free port of the loopback."""
    with running_endpoint([answer]) as endpoint:
        yield endpoint


def answer(handler: Handler) -> None:
    """Choose a tool, word a tool's output, or extract a sentence, whichever the prompt asks for."""
    said = _said([message["content"] for message in handler.asked.body["messages"]], handler.asked.body)
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
    handler.send(200, json.dumps(FINISHED | {"model": handler.asked.body["model"], "choices": [choice]}).encode())


def _said(messages: list[str], body: dict[str, object]) -> str:
    if body.get("response_format"):
        return json.dumps(_chosen(messages[-1].rpartition("Which one for:")[2]))
    if messages[-1].startswith("Data:"):
        balances = re.findall(r'"balance": "([0-9.]+)"', messages[-1])
        return f"Your balances are {' and '.join(balances)}." if balances else "It is done."
    return _extracted("\n".join(messages))


def _chosen(question: str) -> dict[str, object]:
    if "balance" in question:
        return {"tool": "get_accounts", "arguments": {}}
    if "freeze" in question:
        return {"tool": "freeze_card", "arguments": {"card_id": re.findall(r"[cd]c-[0-9]+", question)[0]}}
    return {"tool": "none"}


def _extracted(prompt: str) -> str:
    question = _words(prompt.rpartition("Question:")[2])
    found = [(_share(question, text), number, text) for number, text in _PASSAGE.findall(prompt)]
    share, number, sentence = max(found, default=(0.0, "", ""))
    if share < ENOUGH and "don't know" in prompt:
        return "I don't know."
    return f"{sentence} [{number}]." if "Cite" in prompt else sentence


def _share(question: set[str], text: str) -> float:
    return len(question & _words(text)) / max(len(question), 1)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower())) - COMMON
