"""The most that an exchange can cost: bounds from bytes, known before any model is asked.

A token stands for at least one byte of text, so a text has at most as many tokens as bytes in UTF-8. That holds for
byte-level tokenisers, which all our models and those of the known endpoints have (Radford et al. 2019, "Language models
are unsupervised multitask learners", section 2.2); what a chat template puts around each message comes on top.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from roadworthy.exchange.assistant import Assistant, ToolUse
from roadworthy.exchange.interface import Question
from roadworthy.prompting.prompt import Prompt
from roadworthy.providers.interface import Request, Usage
from roadworthy.providers.prices import Money, Price, cost
from roadworthy.retrieval.interface import Passage

TURN_TOKENS = 16
"""For the marks around a message and its role, with a system prompt that a template may put in front."""
TEMPLATE_TOKENS = 64
GROWTH = 4
"""Guards may make a question longer: [personal: ip-address] is 22 characters in the place of 7."""
OUTPUT_BYTES = 32_768
"""The most that a tool may return."""
_PROBES = ("x", '"', "<", "\\")
_PROBE_LENGTH = 100


@dataclass(frozen=True)
class CallBound:
    """The most tokens that calls of a model can use, apart from the question's length."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    per_question_byte: int = 0
    """So many tokens more are read for each byte of the question."""

    def __add__(self, other: CallBound) -> CallBound:
        return CallBound(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.per_question_byte + other.per_question_byte,
        )

    def either(self, other: CallBound) -> CallBound:
        """Return what bounds both."""
        return CallBound(
            max(self.prompt_tokens, other.prompt_tokens),
            max(self.completion_tokens, other.completion_tokens),
            max(self.per_question_byte, other.per_question_byte),
        )


@dataclass(frozen=True)
class ExchangeBound:
    """The most that one exchange can use; measured once, when an assistant is opened."""

    for_nobody: CallBound
    """A question without a user: no tool is offered."""
    for_user: CallBound

    def usage(self, question: Question) -> Usage:
        """Return the most tokens that this question can take."""
        bound = self.for_user if question.user else self.for_nobody
        asked = len(question.text.encode("utf-8", "surrogatepass")) * GROWTH
        return Usage(bound.prompt_tokens + bound.per_question_byte * asked, bound.completion_tokens)


def exchange_bound(
    assistant: Assistant, passages: Sequence[Passage], output_bytes: int = OUTPUT_BYTES
) -> ExchangeBound:
    """Measure the prompts with the longest passages that retrieval could find; takes milliseconds."""
    longest = sorted(passages, key=_size, reverse=True)[: assistant.passages]
    answer = _measured(assistant.prompt, {"passages": longest})
    with_tools = _with_tools(assistant.tools, answer, output_bytes) if assistant.tools else answer
    return ExchangeBound(answer, answer.either(with_tools))


def worst_case(bound: ExchangeBound, question: Question, price: Price) -> Money:
    """Return the most that the exchange can cost: what to reserve."""
    return cost(bound.usage(question), price)


def request_bound(request: Request) -> Usage:
    """Return the most tokens that one call can use, now that its messages are known."""
    said = sum(len(message.content.encode("utf-8", "surrogatepass")) + TURN_TOKENS for message in request.messages)
    schema = _schema_bytes(request.schema)
    return Usage(TEMPLATE_TOKENS + said + schema, 1 if request.choices else request.sampling.max_tokens)


def _with_tools(use: ToolUse, answer: CallBound, output_bytes: int) -> CallBound:
    """Bound every choice that may be asked for, and then the words for a tool's output or the documents' answer."""
    offer = use.toolbox.offer()
    if offer is None:
        return answer
    choice = _measured(use.choose, {"tools": offer.shown}, _schema_bytes(offer.schema))
    # A tool's name stands in what is shown of all of them.
    word = _measured(use.word, {"tool": offer.shown, "output": "x" * output_bytes})
    total = answer.either(word)
    for _ in range(use.most_calls):
        total += choice
    return total


def _measured(prompt: Prompt, values: Mapping[str, Any], more: int = 0) -> CallBound:
    def size(question: str) -> int:
        return request_bound(Request(prompt.render({**values, "question": question}), prompt.sampling)).prompt_tokens

    slopes = (-(-(size(probe * _PROBE_LENGTH) - size("")) // _PROBE_LENGTH) for probe in _PROBES)
    return CallBound(size("") + more, prompt.sampling.max_tokens, max(slopes))


def _schema_bytes(schema: Mapping[str, Any] | None) -> int:
    return len(json.dumps(schema).encode()) if schema is not None else 0


def _size(passage: Passage) -> int:
    return len(passage.title.encode("utf-8", "surrogatepass")) + len(passage.text.encode("utf-8", "surrogatepass"))
