"""Holds the parts of an assistant against each other: each may be right by itself and wrong beside the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import DataError, ParamsError

if TYPE_CHECKING:
    from roadworthy.guardrails.policy import Policy
    from roadworthy.prompting.prompt import Prompt
    from roadworthy.tools.declaration import ToolSet

ANSWER_VARIABLES = frozenset({"question", "passages"})
CHOOSE_VARIABLES = frozenset({"question", "tools"})
WORD_VARIABLES = frozenset({"question", "tool", "output"})


def check_parts(capability: str, tools: ToolSet, policy: Policy) -> None:
    """Raise `ParamsError` unless the capability may call tools, and the policy confirms what needs approval."""
    allowed = {tool.name: tool for tool in tools.allowed(capability)}
    if not allowed:
        raise ParamsError(
            f"no tool is allowed for {capability}",
            where=f"tools: capabilities.{capability}",
            remedy="list what it may call, or take the section tools out of params.yaml",
        )
    if policy.capability != capability:
        raise ParamsError(
            f"the policy is that of {policy.capability}", where="policy: capability", remedy=f"write {capability}"
        )
    for name in sorted(set(policy.must_confirm) - set(allowed)):
        raise ParamsError(
            f"the policy confirms {name!r}, which is no tool of {capability}",
            where="policy: must_confirm",
            remedy=f"its tools are: {', '.join(allowed)}",
        )
    for name in policy.must_confirm:
        if not allowed[name].needs_approval:
            raise ParamsError(
                f"the policy wants {name!r} confirmed, and its declaration says that it needs no approval",
                where=f"tools: {name}.needs_approval",
                remedy="take needs_approval: false out, or take it out of must_confirm",
            )


def check_variables(prompt: Prompt, wanted: frozenset[str]) -> None:
    """Raise `DataError` unless the prompt declares exactly what the exchange fills in."""
    declared = frozenset(prompt.front_matter.variables)
    if declared != wanted:
        raise DataError(
            f"the prompt declares {', '.join(sorted(declared)) or 'no variables'}",
            where=f"prompts/{prompt.name}.md: variables",
            remedy=f"the exchange fills in: {', '.join(sorted(wanted))}",
        )
