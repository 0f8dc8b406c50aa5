"""The exchange: guard, prompt, retrieve, model, tools, guard. Whoever serves, evaluates or compares runs this one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from roadworthy.errors import ProviderFailed
from roadworthy.exchange.answering import answer_from_passages
from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.calling import answer_by_tools
from roadworthy.exchange.course import Course
from roadworthy.exchange.interface import Answer, Outcome, Question
from roadworthy.guardrails.interface import Place
from roadworthy.guardrails.run import Guarded


async def exchange(assistant: Assistant, question: Question) -> Answer:
    """Answer a question, whatever happens: a part that fails gives the safe template, never an error to the user."""
    answer: Answer | None = None
    async for said in converse(assistant, question):
        if isinstance(said, Answer):
            answer = said
    assert answer is not None  # noqa: S101  (converse ends in an answer)
    return answer


async def converse(assistant: Assistant, question: Question) -> AsyncIterator[str | Answer]:
    """Answer a question: yield texts that may be shown already, if there are any, and at last the whole answer.

    A text has passed the output guards before it is yielded; today the whole answer is all that is.
    """
    course = Course()
    try:
        async for said in _converse(assistant, question, course):
            yield said
    except asyncio.CancelledError:
        raise
    except Exception:
        # The trace holds which part failed and the error's class; its message may hold what nobody should read.
        yield course.end(assistant.words.safe_template, Outcome.FAILED)


async def _converse(assistant: Assistant, question: Question, course: Course) -> AsyncIterator[str | Answer]:
    if assistant.switches.template_only:
        yield course.end(assistant.words.safe_template, Outcome.FAILED)
        return
    asked = await _guard_input(assistant, question, course)
    if asked.blocked:
        yield course.end(asked.refusal or assistant.words.refusal, Outcome.REFUSED)
        return
    cleaned = Question(asked.text, question.user, question.conversation)
    try:
        by_tools = await answer_by_tools(assistant, cleaned, course)
        if by_tools is not None:
            yield by_tools
            return
        async for said in answer_from_passages(assistant, cleaned, course):
            yield said
    except ProviderFailed:
        yield course.end(assistant.words.safe_template, Outcome.FAILED)


async def _guard_input(assistant: Assistant, question: Question, course: Course) -> Guarded:
    with course.span("guard the question"):
        return course.guarded(await asyncio.to_thread(assistant.guards.run, question.text, Place.INPUT))
