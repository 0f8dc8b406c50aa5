"""Proves that a released assistant opens where it was not made, and refuses and lets pass what its policy names."""

from __future__ import annotations

from pathlib import Path

from roadworthy.assistant.files import AssistantFiles, prompt_names
from roadworthy.assistant.opening import open_guards
from roadworthy.errors import DataError
from roadworthy.guardrails.interface import Context, Place, Verdict
from roadworthy.guardrails.policy import Policy, load_policy
from roadworthy.guardrails.run import Guardrails
from roadworthy.params.assistant import AssistantCapability
from roadworthy.prompting.reading import read_prompt
from roadworthy.readiness.interface import Finding
from roadworthy.retrieval.index_files import read_index
from roadworthy.tools.loading import load_tools


def rehearse_assistant(folder: Path) -> Finding:
    """Open every part of the bundle in `folder`, and try the policy's own examples on the guards.

    Raises `DataError`, `ParamsError` or `IntegrityError` for a part that can't be opened, and `DataError` for an
    example that gets the wrong verdict.
    """
    capability = AssistantCapability.model_validate_json((folder / "parameters.json").read_bytes())
    files = AssistantFiles(folder / "assistant", folder / "index")
    policy = load_policy(files.policy)
    prompts = [read_prompt(files.prompts, name) for name in prompt_names(capability.integrate)]
    tools = load_tools(files.tools).tools if capability.integrate.tools else ()
    passages = len(read_index(files.index).passages)
    with open_guards(capability.integrate, files, policy) as guards:
        tried = _try_examples(policy, guards)
    return Finding(
        "pass",
        f"fetched, verified and opened: {passages:,} passages, {len(prompts)} prompts, {len(tools)} tools; "
        f"the guards are right about the policy's {tried} examples",
    )


def _try_examples(policy: Policy, guards: Guardrails) -> int:
    allowed = [example for ability in policy.can for example in ability.examples]
    refused = [example for refusal in policy.cannot for example in refusal.examples]
    for example in allowed:
        if guards.run(example, Place.INPUT).blocked:
            raise _wrong("refuse what the assistant can do", example)
    for example in refused:
        if not any(_refuses(guards, example, place) for place in (Place.INPUT, Place.OUTPUT)):
            raise _wrong("let pass what it can't do", example)
    return len(allowed) + len(refused)


def _refuses(guards: Guardrails, example: str, place: Place) -> bool:
    """Tell whether the text is blocked, by a guard that looked at it and has a reason of its own.

    The example is its own passage: without any, grounding holds every answer back.
    """
    guarded = guards.run(example, place, Context(passages=(example,)))
    return guarded.blocked and guarded.findings[-1].verdict is Verdict.BLOCKED


def _wrong(what: str, example: str) -> DataError:
    return DataError(f"the guards {what}: {example!r}", where="policy.yaml", remedy="mend the policy, release again")
