"""The exchange: guard, prompt, retrieve, model, tools, guard. Whoever serves, evaluates or compares runs this one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from roadworthy.errors import ProviderFailed
from roadworthy.exchange.answering import answer_from_passages
from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.calling import answer_by_tools
from roadworthy.exchange.course import Course
from roadworthy.exchange.interface import Answer, Outcome, Question
from roadworthy.exchange.withholding import withheld_from
from roadworthy.guardrails.guarded import Guarded
from roadworthy.guardrails.interface import Place

Said = AsyncGenerator[str | Answer, None]
"""Texts, and at last the answer."""


async def exchange(assistant: Assistant, question: Question) -> Answer:
    """Answer a question, whatever happens: a part that fails gives the safe template, never an error to the user.

    So does a deadline that passes. Who cancels it cancels the model, too.
    """
    answer: Answer | None = None
    async with aclosing(converse(assistant, question, streams=False)) as parts:
        async for said in parts:
            if isinstance(said, Answer):
                answer = said
    assert answer is not None  # noqa: S101  (converse ends in an answer)
    return answer


async def converse(assistant: Assistant, question: Question, *, streams: bool = True) -> Said:
    """Answer a question: yield texts that may be shown already, and at last the whole answer.

    All texts together are the answer's text, unless the answer says `retracted`: then a guard blocked what came after
    them, or a provider broke off, and they have to be taken back. A text has passed the output guards, which see
    further than it, before it is yielded. Without `streams` the model is asked for the whole at once. Close it, with
    `aclosing`, when it is not read to its end: that stops the model.
    """
    course = Course(question.deadline, streams)
    shown, first = "", None
    async with aclosing(_safely(assistant, question, course)) as parts:
        async for said in parts:
            first = course.seconds() if first is None else first
            if isinstance(said, str):
                shown += said
                yield said
                continue
            retracted = not said.text.startswith(shown)
            if not retracted and len(said.text) > len(shown):
                yield said.text[len(shown) :]
            yield replace(said, first_text_seconds=first, retracted=retracted)


async def _safely(assistant: Assistant, question: Question, course: Course) -> Said:
    try:
        async with aclosing(_in_time(_converse(assistant, question, course), course)) as parts:
            async for said in parts:
                yield said
    except Exception:
        # The trace holds which part failed and the error's class; its message may hold what nobody should read.
        yield course.template(assistant.words.safe_template)


async def _in_time(parts: Said, course: Course) -> Said:
    """Pass on what is said until the deadline; then the part that is at work is cancelled. Raises `TimeoutError`.

    The time is set for each step: while the reader has the turn, nothing must be cancelled in its task.
    """
    async with aclosing(parts):
        while True:
            async with asyncio.timeout(course.left()):
                said = await anext(parts, None)
            if said is None:
                return
            yield said


async def _converse(assistant: Assistant, question: Question, course: Course) -> Said:
    if assistant.switches.template_only:
        yield course.template(assistant.words.safe_template)
        return
    asked = await _guard_input(assistant, question, course)
    if asked.blocked:
        yield course.end(asked.refusal or assistant.words.refusal, Outcome.REFUSED)
        return
    course.withheld = withheld_from(asked.taken_out)
    guarded = question if asked.text == question.text else replace(question, text=asked.text)
    try:
        async with aclosing(_answer(assistant, guarded, course)) as parts:
            async for said in parts:
                yield said
    except ProviderFailed:
        yield await _without_provider(assistant, question, course)


async def _answer(assistant: Assistant, question: Question, course: Course) -> Said:
    answered = False
    for way in (answer_by_tools, answer_from_passages):
        async with aclosing(way(assistant, question, course)) as parts:
            async for said in parts:
                answered = True
                yield said
        if answered:
            return


async def _without_provider(assistant: Assistant, question: Question, course: Course) -> Answer:
    """Return an answer that was given before, if there is one, or the safe template."""
    if assistant.previous_answer is not None:
        with course.span("look for a kept answer"):
            kept = assistant.previous_answer(question)
        if kept is not None:
            return course.kept(kept)
    return course.template(assistant.words.safe_template)


async def _guard_input(assistant: Assistant, question: Question, course: Course) -> Guarded:
    with course.span("guard the question"):
        return course.guarded(await assistant.guards.look(question.text, Place.INPUT))
