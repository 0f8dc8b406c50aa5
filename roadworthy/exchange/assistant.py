"""The parts of an assistant, each by its interface: what one exchange needs, and nothing that reaches outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.exchange.interface import Answer, Question
from roadworthy.exchange.toolbox import Toolbox
from roadworthy.guardrails.run import Guardrails
from roadworthy.prompting.prompt import Prompt
from roadworthy.providers.interface import Provider
from roadworthy.retrieval.interface import Retriever


@dataclass(frozen=True)
class ToolUse:
    """How an assistant uses tools."""

    toolbox: Toolbox
    choose: Prompt
    """Variables: question, tools."""
    word: Prompt
    """Variables: question, tool, output. Puts a tool's output into words."""
    most_calls: int = 1
    """So many calls an exchange, whatever the model asks for."""


@dataclass(frozen=True)
class Words:
    """What the assistant says when it does not answer; each is a text that people wrote and reviewed."""

    refusal: str
    unknown: str
    """It does not know."""
    confirm: str
    """A person has to approve first."""
    call_refused: str
    """A tool call was not allowed."""
    safe_template: str
    """Nothing works, or an operator has switched everything else off."""


@dataclass(frozen=True)
class Switches:
    """What an operator has switched off, without a new release."""

    tools_off: bool = False
    template_only: bool = False


@dataclass(frozen=True)
class Assistant:
    """Everything that one exchange needs."""

    capability: str
    provider: Provider
    prompt: Prompt
    """Variables: question, passages."""
    retriever: Retriever
    guards: Guardrails
    words: Words
    passages: int = 4
    """So many passages go into the prompt."""
    weakest_similarity: float | None = None
    """Below that, retrieval counts as too weak to answer from; None for never."""
    tools: ToolUse | None = None
    switches: Switches = Switches()
    second_provider: Provider | None = None
    """Asked when the first one fails."""
    previous_answer: Callable[[Question], Answer | None] | None = None
    """Looks for an answer that the guards let through before, for when every provider fails.

    In memory: it is called in the event loop.
    """
    is_quick_search: Callable[[str], bool] = lambda _: False
    """Tells of a question whether a search for it is so quick that it need not leave the event loop."""

    async def close(self) -> None:
        """Close both providers, in the event loop that used them."""
        await self.provider.close()
        if self.second_provider is not None:
            await self.second_provider.close()
