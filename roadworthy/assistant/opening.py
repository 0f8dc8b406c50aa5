"""Opens an assistant from its files: the one place where the parts meet."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.assistant.checking import (
    ANSWER_VARIABLES,
    CHOOSE_VARIABLES,
    WORD_VARIABLES,
    check_parts,
    check_variables,
)
from roadworthy.assistant.files import AssistantFiles
from roadworthy.exchange.assistant import Assistant, Switches, ToolUse, Words
from roadworthy.params.assistant import AssistantCapability, IntegrateParams, ToolParams
from roadworthy.prompting.reading import read_prompt

if TYPE_CHECKING:
    from roadworthy.exchange.toolbox import Toolbox
    from roadworthy.guardrails.policy import Policy
    from roadworthy.guardrails.run import Guardrails
    from roadworthy.prompting.prompt import Prompt
    from roadworthy.providers.interface import Provider
    from roadworthy.retrieval.interface import Embedder
    from roadworthy.tools.declaration import ToolSet

OpenToolbox = Callable[["ToolSet", str], "Toolbox"]
"""Makes the toolbox of a capability from what is declared; it decides where the tools do their work."""


@dataclass(frozen=True)
class Surroundings:
    """What an assistant needs from outside its files."""

    provider: Provider
    embedder: Embedder | None
    open_toolbox: OpenToolbox
    switches: Switches = field(default_factory=Switches)
    second_provider: Provider | None = None


def open_assistant(
    name: str, capability: AssistantCapability, files: AssistantFiles, surroundings: Surroundings
) -> Assistant:
    """Return the assistant, ready for exchanges.

    Raises `DataError` and `ParamsError` for parts that are broken or don't fit together, `IntegrityError` for an index
    or a guard that is not what was released.
    """
    from roadworthy.guardrails.policy import load_policy
    from roadworthy.retrieval.searching import open_index

    params = capability.integrate
    policy = load_policy(files.policy)
    index = open_index(files.index, surroundings.embedder)
    return Assistant(
        capability=name,
        provider=surroundings.provider,
        prompt=_prompt(files, params.prompt, ANSWER_VARIABLES),
        retriever=index,
        guards=open_guards(params, files, policy),
        words=words_of(policy),
        passages=capability.index.count,
        weakest_similarity=capability.index.weakest_similarity,
        tools=_tools(name, params.tools, files, policy, surroundings.open_toolbox) if params.tools else None,
        switches=surroundings.switches,
        second_provider=surroundings.second_provider,
        is_quick_search=index.is_quick,
    )


def open_guards(params: IntegrateParams, files: AssistantFiles, policy: Policy) -> Guardrails:
    """Return the guards, in the order in which they look."""
    from roadworthy.guardrails.catalogue import Parts, build_guardrails

    if params.injection_guard is None:
        return build_guardrails(params.guardrails, Parts(policy))
    from roadworthy.assistant.injection_release import load_injection_release

    released = load_injection_release(files.guard)
    # The release knows its threshold; it was chosen on held-out families, and is frozen with it.
    frozen = params.guardrails.model_copy(update={"detector_threshold": released.threshold})
    return build_guardrails(frozen, Parts(policy, (released,)))


def words_of(policy: Policy) -> Words:
    """Return the assistant's reviewed words: those of its policy."""
    from roadworthy.guardrails.run import STANDARD_REFUSAL

    return Words(
        refusal=STANDARD_REFUSAL,
        unknown=policy.unknown,
        confirm=f"This needs the approval of a person first. {policy.escalation}",
        call_refused=f"I can't do that here. {policy.escalation}",
        safe_template=policy.safe_template,
    )


def _tools(name: str, params: ToolParams, files: AssistantFiles, policy: Policy, open_toolbox: OpenToolbox) -> ToolUse:
    from roadworthy.tools.loading import load_tools

    declared = load_tools(files.tools)
    check_parts(name, declared, policy)
    return ToolUse(
        toolbox=open_toolbox(declared, name),
        choose=_prompt(files, params.choose, CHOOSE_VARIABLES),
        word=_prompt(files, params.word, WORD_VARIABLES),
        most_calls=params.most_calls,
    )


def _prompt(files: AssistantFiles, name: str, variables: frozenset[str]) -> Prompt:
    prompt = read_prompt(files.prompts, name)
    check_variables(prompt, variables)
    return prompt
