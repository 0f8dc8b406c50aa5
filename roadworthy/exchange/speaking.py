"""Speaks for the model: its words reach the user only after the output guards saw them, and what comes after them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from roadworthy.exchange.asking import ask
from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.course import Course
from roadworthy.exchange.interface import Answer, Outcome
from roadworthy.exchange.showing import Showing
from roadworthy.guardrails.guarded import Guarded
from roadworthy.guardrails.interface import Context, Place, Verdict
from roadworthy.prompting.prompt import Prompt
from roadworthy.providers.interface import Message, Request


async def speak(
    assistant: Assistant,
    prompt: Prompt,
    messages: tuple[Message, ...],
    context: Context,
    course: Course,
    may_show: Callable[[str], bool] = lambda _: True,
) -> AsyncGenerator[str | Answer, None]:
    """Ask the model; yield what may be shown already, and at last the answer, whose citations nobody has read yet.

    `may_show` tells whether an answer that begins like that will be said as it is.
    """
    showing = Showing(assistant.guards, context, may_show)
    text = ""
    async with aclosing(ask(assistant, Request(messages, prompt.sampling), course, "ask the model")) as pieces:
        async for piece in pieces:
            if not isinstance(piece, str):
                text = piece.text.strip()
            elif shown := await showing.hear(piece):
                yield shown
    with course.span("guard the answer"):
        guarded = course.guarded(await assistant.guards.look(text, Place.OUTPUT, context))
    if guarded.blocked:
        yield course.end(guarded.refusal or assistant.words.refusal, _held_back(guarded))
        return
    yield course.end(guarded.text, Outcome.ANSWERED)


def _held_back(guarded: Guarded) -> Outcome:
    """Weak grounding means that it does not know; everything else that is held back is a refusal."""
    last = guarded.findings[-1]
    weak = last.guard == "grounding" and last.verdict is Verdict.BLOCKED
    return Outcome.UNKNOWN if weak else Outcome.REFUSED
