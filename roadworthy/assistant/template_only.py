"""An assistant that says its safe template and needs nothing else: no model, no index, no key, no guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from roadworthy.assistant.files import AssistantFiles
from roadworthy.assistant.opening import words_of
from roadworthy.errors import ProviderFailed
from roadworthy.exchange.assistant import Assistant, Switches
from roadworthy.guardrails.policy import load_policy
from roadworthy.guardrails.run import Guardrails
from roadworthy.prompting.reading import parse_prompt
from roadworthy.providers.interface import Completion, Request
from roadworthy.retrieval.interface import Hit


def template_only(name: str, files: AssistantFiles) -> Assistant:
    """Return the assistant; only its policy is read, which holds the template."""
    return Assistant(
        capability=name,
        provider=_NoProvider(),
        prompt=parse_prompt("none", "---\ndescription: Nobody is asked.\n---\n"),
        retriever=_NoRetriever(),
        guards=Guardrails(()),
        words=words_of(load_policy(files.policy)),
        switches=Switches(tools_off=True, template_only=True),
    )


class _NoProvider:
    """A provider that nobody asks."""

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"kind": "none"}

    async def complete(self, request: Request) -> Completion:
        raise ProviderFailed("all answers are switched off")

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        raise ProviderFailed("all answers are switched off")
        yield ""

    def warm(self) -> None:
        return None

    async def close(self) -> None:
        return None


class _NoRetriever:
    """A retriever that finds nothing."""

    def search(self, question: str, count: int) -> tuple[Hit, ...]:
        return ()
