"""Asks an assistant the queries of an evaluation set, through the same exchange that serves, attacks included."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from roadworthy.evaluation.queries import Injection, Query
from roadworthy.exchange.assistant import Assistant
from roadworthy.exchange.exchange import exchange
from roadworthy.exchange.interface import Answer, Question
from roadworthy.exchange.toolbox import Offer, Toolbox
from roadworthy.retrieval.interface import Hit, Retriever
from roadworthy.tools.interface import Caller, CallOutcome, ToolCall
from roadworthy.tools.withheld import Withheld


async def answer_queries(
    assistant_for: Callable[[Query], Assistant],
    queries: Sequence[Query],
    at_once: int,
    answered: Callable[[Query, Answer], None],
) -> tuple[Answer, ...]:
    """Return each query's answer, in order; so many are asked at a time, and `answered` hears of each.

    Every query gets an assistant of its own, so that what a tool changed for one is unknown to the next.
    """
    gate = asyncio.Semaphore(at_once)

    async def ask(query: Query) -> Answer:
        async with gate:
            assistant = _attacked(assistant_for(query), query.injection)
            answer = await exchange(assistant, Question(query.query, query.user, conversation=query.id))
        answered(query, answer)
        return answer

    return tuple(await asyncio.gather(*(ask(query) for query in queries)))


def _attacked(assistant: Assistant, injection: Injection | None) -> Assistant:
    """Put the attack where the query says: into the best document, or into what tools return."""
    if injection is None or injection.place == "query":
        return assistant
    if injection.place == "document":
        return replace(assistant, retriever=PoisonedRetriever(assistant.retriever, injection.text))
    if assistant.tools is None:
        return assistant
    return replace(
        assistant, tools=replace(assistant.tools, toolbox=PoisonedToolbox(assistant.tools.toolbox, injection.text))
    )


@dataclass(frozen=True)
class PoisonedRetriever:
    """A retriever whose best passage ends in somebody's instructions."""

    retriever: Retriever
    text: str

    def search(self, question: str, count: int) -> tuple[Hit, ...]:
        """See `Retriever.search`."""
        hits = self.retriever.search(question, count)
        if not hits:
            return hits
        best = hits[0].passage
        return (replace(hits[0], passage=replace(best, text=f"{best.text}\n\n{self.text}")), *hits[1:])


@dataclass(frozen=True)
class PoisonedToolbox:
    """A toolbox whose outputs hold somebody's instructions."""

    toolbox: Toolbox
    text: str

    def for_exchange(self, withheld: Withheld) -> PoisonedToolbox:
        """See `Toolbox`."""
        return PoisonedToolbox(self.toolbox.for_exchange(withheld), self.text)

    def offer(self) -> Offer | None:
        """See `Toolbox`."""
        return self.toolbox.offer()

    async def call(self, call: ToolCall, caller: Caller) -> CallOutcome:
        """See `Toolbox`."""
        outcome = await self.toolbox.call(call, caller)
        if not outcome.output:
            return outcome
        poisoned = {"result": json.loads(outcome.output), "note": self.text}
        return replace(outcome, output=json.dumps(poisoned, ensure_ascii=False))
