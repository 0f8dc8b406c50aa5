"""Speaks for the model: its words reach the user only after the output guards saw all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.course import Course
from roadworthy.exchange.interface import Answer, Outcome
from roadworthy.guardrails.interface import Context, Place, Verdict
from roadworthy.guardrails.run import Guarded
from roadworthy.prompting.prompt import Prompt
from roadworthy.providers.interface import Message, Request


async def speak(
    assistant: Assistant, prompt: Prompt, messages: tuple[Message, ...], context: Context, course: Course
) -> AsyncIterator[str | Answer]:
    """Ask the model, and yield the answer, whose citations nobody has read yet.

    As a whole: a guard may have to take back what the first sentence said.
    """
    with course.span("ask the model") as details:
        completion = course.completed(await assistant.provider.complete(Request(messages, prompt.sampling)))
        details.append(f"{completion.usage.completion_tokens} tokens{', cached' if completion.cached else ''}")
    with course.span("guard the answer"):
        guarded = course.guarded(await asyncio.to_thread(_look, assistant, completion.text.strip(), context))
    if guarded.blocked:
        yield course.end(guarded.refusal or assistant.words.refusal, _held_back(guarded))
        return
    yield course.end(guarded.text, Outcome.ANSWERED)


def _look(assistant: Assistant, text: str, context: Context) -> Guarded:
    return assistant.guards.run(text, Place.OUTPUT, context)


def _held_back(guarded: Guarded) -> Outcome:
    """Weak grounding means that it does not know; everything else that is held back is a refusal."""
    last = guarded.findings[-1]
    weak = last.guard == "grounding" and last.verdict is Verdict.BLOCKED
    return Outcome.UNKNOWN if weak else Outcome.REFUSED
