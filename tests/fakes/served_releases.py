"""Releases for tests of the gateway: ledgers that say what is live, and an opener of small real assistants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakes.scripted_provider import Answer, ScriptedProvider
from fakes.small_assistant import TEXTS, WordGuard, small_assistant
from pydantic import TypeAdapter

from roadworthy.budgets.worst_case import exchange_bound
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError
from roadworthy.guardrails.interface import Guard
from roadworthy.params.assistant import AssistantCapability
from roadworthy.providers.costs import FREE
from roadworthy.providers.interface import Provider
from roadworthy.providers.prices import Price
from roadworthy.release.entries import Actor, Fact, Moved, Released, RolledBack, Stage
from roadworthy.release.ledger import Ledger
from roadworthy.retrieval.interface import Passage
from roadworthy.serving.opened import Opened, OpenedAssistant, Wanted
from roadworthy.store import Store

BY = Actor(name="tests")
PARAMETERS = {
    "kind": "assistant",
    "description": "Answers questions about accounts.",
    "owner": "tests",
    "card": {"intended_use": "tests", "limitations": "made up", "licence_of_data": "CC0-1.0"},
    "ingest": {
        "sources": {
            "documents": {"uri": "d.json", "sha256": "0" * 64, "format": "json", "columns": {"id": "VARCHAR"}},
        }
    },
    "index": {"method": "bm25"},
    "integrate": {
        "provider": {"kind": "openai", "base_url": "http://127.0.0.1:9", "model": "small", "key_variable": None},
        "prompt": "desk/answer",
        "policy": "policies/desk.yaml",
    },
    "evaluate": {"queries": "evalsets/desk.jsonl"},
    "gates": [{"kind": "floor", "metric": "quality", "at_least": 0.5}],
}


def small_parameters(**changes: Any) -> AssistantCapability:
    """The parameters of a small assistant."""
    parsed: AssistantCapability = TypeAdapter(AssistantCapability).validate_python(PARAMETERS | changes)
    return parsed


def digest_of(capability: str, number: int) -> str:
    """The digest that stands for a release in these tests."""
    return digest_bytes(f"{capability}@{number}".encode())


def record(store: Store, capability: str, *facts: Fact) -> None:
    """Write facts to a ledger, whatever they are."""
    for fact in facts:
        Ledger(store, capability).record(lambda _, fact=fact: fact, by=BY)  # type: ignore[misc]


def release(store: Store, capability: str, number: int, *stages: Stage) -> None:
    """Release `number` and move it through `stages`."""
    released = Released(release=number, digest=digest_of(capability, number), commit="c" * 40, clean_work_tree=True)
    record(store, capability, released, *(Moved(release=number, stage=stage) for stage in stages))


def put_in_production(store: Store, capability: str, number: int) -> None:
    """Release `number` and promote it."""
    release(store, capability, number, Stage.STAGING, Stage.PRODUCTION)


def roll_back(store: Store, capability: str, number: int) -> None:
    """Withdraw `number`; the one before it is live."""
    record(store, capability, RolledBack(release=number, to=number - 1, reason="test"))


@dataclass
class SmallReleases:
    """Opens an assistant for every digest, which answers with its release's number; notes what is closed."""

    answer: Callable[[int], Answer] = lambda number: f"Release {number} says: no monthly fee [1]."
    broken: set[int] = field(default_factory=set)
    """Releases whose bundle is damaged."""
    hold: dict[int, threading.Event] = field(default_factory=dict)
    """Releases that take their time: until the event is set."""
    guards: Sequence[Guard] = (WordGuard(),)
    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    price: Price | None = FREE
    provider: Callable[[int], Provider] | None = None
    """Makes the provider of a release; by default one that says `answer`."""
    assistants: dict[str, Any] = field(default_factory=dict)
    """Parts that replace the small assistant's."""

    def __call__(self, wanted: Wanted, tools_off: Callable[[], bool]) -> Opened:
        """See `OpenRelease`."""
        number = wanted.record.number
        if number in self.hold:
            assert self.hold[number].wait(30)
        if number in self.broken:
            raise IntegrityError("a file's digest is not the manifest's")
        self.opened.append(number)
        provider = self.provider(number) if self.provider else ScriptedProvider(otherwise=self.answer(number))
        assistant = small_assistant(provider, self.guards, **self.assistants)
        passages = [Passage(name, name, text, 0, len(text)) for name, text in TEXTS.items()]
        return OpenedAssistant(
            small_parameters(),
            assistant,
            bound=exchange_bound(assistant, passages),
            price=self.price,
            second_price=self.price,
            close=lambda: self.closed.append(number),
        )
