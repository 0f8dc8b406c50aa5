"""Answers by tools: the model chooses, the tool layer decides, and what a tool returns stays data."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from roadworthy.exchange.asking import completed
from roadworthy.exchange.interface import Answer, Outcome, Question
from roadworthy.exchange.speaking import speak
from roadworthy.guardrails.interface import Context, Place
from roadworthy.prompting.filled import filled
from roadworthy.providers.interface import Request
from roadworthy.tools.interface import Caller, CallOutcome, CallVerdict, ToolCall
from roadworthy.tools.model_view import NO_TOOL

if TYPE_CHECKING:
    from roadworthy.exchange.assistant import Assistant, ToolUse
    from roadworthy.exchange.course import Course
    from roadworthy.exchange.toolbox import Offer, Toolbox


async def answer_by_tools(
    assistant: Assistant, question: Question, course: Course
) -> AsyncGenerator[str | Answer, None]:
    """Yield the answer that a tool gave; nothing when there is nobody to act for, or no tool fits."""
    if assistant.tools is None or assistant.switches.tools_off or not question.user:
        return
    toolbox = assistant.tools.toolbox.for_exchange(course.withheld)
    offer = toolbox.offer()
    if offer is None:
        return
    outcome = None
    for _ in range(assistant.tools.most_calls):
        chosen = await _choose(assistant, assistant.tools, offer, question, course)
        if chosen is None:
            break
        outcome = await _call(toolbox, chosen, question, assistant.capability, course)
        if outcome.verdict is not CallVerdict.DONE:
            yield course.end(_words(assistant, outcome), _ending(outcome))
            return
    if outcome is not None:
        async with aclosing(_worded(assistant, assistant.tools, question, outcome, course)) as parts:
            async for said in parts:
                yield said


async def _choose(
    assistant: Assistant, use: ToolUse, offer: Offer, question: Question, course: Course
) -> ToolCall | None:
    """Ask the model which tool it wants. What it says is checked by the tool layer, so nothing is believed here."""
    messages = use.choose.render({"question": question.text, "tools": offer.shown})
    course.prompts.append(filled(use.choose, messages))
    request = Request(messages, use.choose.sampling, schema=offer.schema)
    call = _read((await completed(assistant, request, course, "choose a tool")).text)
    already = any(call == outcome.call for outcome in course.calls)
    return None if call is None or already else call


def _read(text: str) -> ToolCall | None:
    try:
        chosen = json.loads(text)
        tool, arguments = chosen["tool"], chosen.get("arguments", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(tool, str) or not isinstance(arguments, dict) or tool == NO_TOOL:
        return None
    return ToolCall(tool, arguments)


async def _call(toolbox: Toolbox, call: ToolCall, question: Question, capability: str, course: Course) -> CallOutcome:
    with course.span("call a tool") as details:
        outcome = await toolbox.call(call, Caller(capability, question.user, question.conversation))
        details.append(f"{outcome.call.tool}: {outcome.verdict}")
    course.calls.append(outcome)
    return outcome


async def _worded(
    assistant: Assistant, use: ToolUse, question: Question, outcome: CallOutcome, course: Course
) -> AsyncGenerator[str | Answer, None]:
    """Put the tool's output into words, after the guards have made data of it."""
    with course.span("guard the tool's output"):
        looked = await assistant.guards.look(outcome.output, Place.TOOL_OUTPUT)
        guarded = course.guarded(looked)
    if guarded.blocked:
        yield course.end(assistant.words.refusal, Outcome.REFUSED)
        return
    with course.span("fill in the prompt"):
        messages = use.word.render({"question": question.text, "tool": outcome.call.tool, "output": guarded.text})
        course.prompts.append(filled(use.word, messages))
    system = "\n".join(message.content for message in messages if message.role == "system")
    context = Context(question.text, (guarded.text,), system)
    async with aclosing(speak(assistant, use.word, messages, context, course)) as parts:
        async for said in parts:
            yield said


def _words(assistant: Assistant, outcome: CallOutcome) -> str:
    if outcome.verdict is CallVerdict.NEEDS_APPROVAL:
        return assistant.words.confirm
    return assistant.words.call_refused if outcome.verdict is CallVerdict.REFUSED else assistant.words.safe_template


def _ending(outcome: CallOutcome) -> Outcome:
    return {CallVerdict.NEEDS_APPROVAL: Outcome.CONFIRM, CallVerdict.REFUSED: Outcome.REFUSED}.get(
        outcome.verdict, Outcome.FAILED
    )
