"""One exchange as the gateway holds it: kept answers where that is safe, and a budget around the model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from gateway.following.loaded import Loaded
from gateway.services import Services
from gateway.spending import metered
from gateway.visit import Visit
from roadworthy.access.keys import Key
from roadworthy.exchange.assistant import Switches
from roadworthy.exchange.exchange import converse
from roadworthy.exchange.interface import Answer, Question
from roadworthy.exchange.kept_answers import answer_key, cacheable, may_be_kept
from roadworthy.serving.opened import OpenedAssistant
from roadworthy.telemetry.event import Content, Ending

Said = AsyncGenerator[str | Answer, None]
"""Texts that may be shown already, and at last the answer."""


async def answer(
    services: Services, visit: Visit, key: Key, loaded: Loaded, switches: Switches, asked: Question
) -> Said:
    """Yield what the release says; a kept answer comes whole."""
    opened = loaded.opened
    assert isinstance(opened, OpenedAssistant)  # noqa: S101  (whoever chose it looked at its kind)
    kept_under = ""
    assistant = replace(
        opened.assistant,
        switches=switches,
        previous_answer=lambda _: services.kept.latest_even_stale(kept_under),
    )
    kept_under = answer_key(loaded.basis, asked) if may_be_kept(assistant, asked) else ""
    kept = services.kept.get(kept_under) if kept_under else None
    if kept is not None:
        visit.cached = True
        note(visit, asked, kept)
        yield kept
        return
    async with (
        services.turns.turn(visit, key, opened, switches),
        metered(services.budgets, visit, key, opened, assistant, asked) as paying,
        aclosing(converse(paying, asked, streams=visit.streamed)) as course,
    ):
        async for said in course:
            if isinstance(said, Answer):
                note(visit, asked, said)
                if kept_under and cacheable(said, asked):
                    services.kept.put(kept_under, said)
            yield said


def note(visit: Visit, asked: Question, said: Answer) -> None:
    """Note how the exchange went, for the event."""
    visit.answer = said
    visit.ending = Ending(said.outcome.value)
    visit.fallback = said.fallback
    visit.cached = visit.cached or said.cached
    if said.first_text_seconds is not None:
        visit.first_text_seconds = said.first_text_seconds
    visit.content = Content(visit.id, visit.at, visit.capability, question=asked.text, answer=said.text)
