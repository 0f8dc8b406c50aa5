"""The parts of an assistant held against each other: what is right by itself and wrong beside the others."""

from __future__ import annotations

import pytest
from fakes.small_help_desk import POLICY, TOOLS
from ruamel.yaml import YAML

from roadworthy.assistant.checking import ANSWER_VARIABLES, check_parts, check_variables
from roadworthy.errors import DataError, ParamsError
from roadworthy.guardrails.policy import Policy
from roadworthy.prompting.reading import parse_prompt
from roadworthy.tools.loading import parse_tools

WRITES = TOOLS.replace("effect: read", "effect: write\n    needs_approval: false")


def policy(**changes: object) -> Policy:
    """The help desk's policy, with changes."""
    return Policy.model_validate({**YAML(typ="safe", pure=True).load(POLICY), **changes})


def test_parts_that_fit_are_let_through() -> None:
    """The small help desk's own."""
    check_parts("help-desk", parse_tools(TOOLS, "desk.yaml"), policy())


@pytest.mark.parametrize(
    ("capability", "tools", "changes", "problem"),
    [
        ("front-desk", TOOLS, {}, "no tool is allowed for front-desk"),
        ("help-desk", TOOLS, {"capability": "front-desk"}, "the policy is that of front-desk"),
        ("help-desk", TOOLS, {"must_confirm": ["close_account"]}, "confirms 'close_account', which is no tool"),
        ("help-desk", WRITES, {"must_confirm": ["get_accounts"]}, "its declaration says that it needs no approval"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(
    capability: str, tools: str, changes: dict[str, object], problem: str
) -> None:
    """Each is named with its field, before anything is asked or served."""
    with pytest.raises(ParamsError, match=problem) as raised:
        check_parts(capability, parse_tools(tools, "desk.yaml"), policy(**changes))
    assert raised.value.where


def test_a_prompt_declares_what_the_exchange_fills_in() -> None:
    """No variable more, none less."""
    with pytest.raises(DataError, match="the prompt declares no variables") as raised:
        check_variables(parse_prompt("desk/answer", "---\ndescription: Says hello.\n---\nHello."), ANSWER_VARIABLES)
    assert raised.value.remedy == "the exchange fills in: passages, question"
