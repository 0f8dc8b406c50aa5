"""Answers from retrieved passages: as data in the prompt, with citations, and guarded before anybody sees it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.course import Course
from roadworthy.exchange.interface import Answer, Outcome, Question
from roadworthy.exchange.speaking import speak
from roadworthy.guardrails.interface import Context, Place
from roadworthy.prompting.filled import filled
from roadworthy.retrieval.interface import Hit

_CITATION = re.compile(r"\[(\d{1,3})\]")
_NO_WORD = re.compile(r"^\W+")
_ENOUGH = len("I do not know ")
_UNKNOWN = re.compile(r"^\W*i (do not|don['’]t) know\b", re.IGNORECASE)


async def answer_from_passages(
    assistant: Assistant, question: Question, course: Course
) -> AsyncGenerator[str | Answer, None]:
    """Retrieve, ask the model, and yield what it says as far as the guards let it through."""
    course.hits = await _retrieve(assistant, question, course)
    if not course.hits or _is_weak(assistant, course.hits):
        yield course.end(assistant.words.unknown, Outcome.UNKNOWN)
        return
    passages = [hit.passage for hit in course.hits]
    with course.span("fill in the prompt"):
        messages = assistant.prompt.render({"question": question.text, "passages": passages})
        course.prompts.append(filled(assistant.prompt, messages))
    system = "\n".join(message.content for message in messages if message.role == "system")
    context = Context(question.text, tuple(f"{passage.title}\n{passage.text}" for passage in passages), system)
    async with aclosing(speak(assistant, assistant.prompt, messages, context, course, _is_known)) as parts:
        async for said in parts:
            yield _with_citations(said, assistant, course) if isinstance(said, Answer) else said


async def _retrieve(assistant: Assistant, question: Question, course: Course) -> tuple[Hit, ...]:
    with course.span("retrieve") as details:
        search = assistant.retriever.search
        if assistant.is_quick_search(question.text):
            hits = search(question.text, assistant.passages)
        else:
            hits = await asyncio.to_thread(search, question.text, assistant.passages)
        details.append(f"{len(hits)} passages")
    with course.span("guard the passages"):
        looked = [await _guard_passage(assistant, hit, course) for hit in hits]
    return tuple(hit for hit in looked if hit is not None)


async def _guard_passage(assistant: Assistant, hit: Hit, course: Course) -> Hit | None:
    """Return the passage as data, without what a guard took out; None when it must not be used at all.

    Its title too: the model reads both.
    """
    look = assistant.guards.look
    title = course.guarded(await look(hit.passage.title, Place.DOCUMENT))
    text = course.guarded(await look(hit.passage.text, Place.DOCUMENT))
    if title.blocked or text.blocked:
        return None
    if (title.text, text.text) == (hit.passage.title, hit.passage.text):
        return hit
    return replace(hit, passage=replace(hit.passage, title=title.text, text=text.text))


def _is_weak(assistant: Assistant, hits: tuple[Hit, ...]) -> bool:
    similarities = [hit.similarity for hit in hits if hit.similarity is not None]
    if assistant.weakest_similarity is None or not similarities:
        return False
    return max(similarities) < assistant.weakest_similarity


def _is_known(beginning: str) -> bool:
    """Tell whether an answer that begins like that is not going to be one that says that it doesn't know."""
    said = _NO_WORD.sub("", beginning, count=1)
    return len(said) >= _ENOUGH and not _UNKNOWN.match(beginning)


def _with_citations(answer: Answer, assistant: Assistant, course: Course) -> Answer:
    """Read the citations off the text; an answer that says that it doesn't know is one in the reviewed words."""
    if answer.outcome is not Outcome.ANSWERED:
        return answer
    if _UNKNOWN.match(answer.text):
        return replace(answer, text=assistant.words.unknown, outcome=Outcome.UNKNOWN)
    numbers = [int(number) for number in _CITATION.findall(answer.text)]
    cited = [course.hits[number - 1].passage.document for number in numbers if 1 <= number <= len(course.hits)]
    return replace(answer, citations=tuple(dict.fromkeys(cited)))
